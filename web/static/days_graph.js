// Days graph: plays of each day as a line, with each day's value under the pointer or cursor, and as a table.
import { html, useEffect, useLayoutEffect, useRef, useState } from "./markup.js";
import { change, dayLong, exact, exactIncome, readDay } from "./format.js";

const DAY = 86_400;

const readPoints = (rows) =>
  rows.map((row) => ({ second: readDay(row.date), date: row.date, plays: row.plays, income: row.income, previous: row.previous_plays, previousIncome: row.previous_income }));

const plays = (number) => `${exact(number)} ${number === 1 ? "play" : "plays"}`;

/** What is said of *point*: with the day before that it is compared with, *span* days ago, if there is one. */
function spoken(point, running, span) {
  const now = `${dayLong(point.second)}: ${plays(point.plays)}${running ? " so far" : ""}, ${exactIncome(point.income)}`;
  return point.previous === undefined ? now : `${now}; ${dayLong(point.second - span * DAY)}: ${plays(point.previous)}`;
}

function Tip({ point, running, span, x, width }) {
  const tip = useRef(null);
  const [half, setHalf] = useState(80);
  useEffect(() => setHalf(tip.current.offsetWidth / 2));
  return html`<div class="tip days-tip" ref=${tip} style=${{ transform: `translateX(${Math.min(Math.max(x, half), Math.max(width - half, half))}px) translateX(-50%)` }}>
    <time datetime=${point.date}>${dayLong(point.second)}${running && ", so far"}</time>
    <span><b>${plays(point.plays)}</b> · ${exactIncome(point.income)}</span>
    ${point.previous !== undefined && html`<span class="days-tip-before"><i class="days-swatch" data-line="previous"></i>${dayLong(point.second - span * DAY)}: ${exact(point.previous)}
      ${!running && html` <b>${change(point.plays, point.previous)}</b>`}</span>`}
  </div>`;
}

function Table({ points, compared, runningDate, label }) {
  const span = points.length;
  return html`<div class="days-table" tabindex="0" role="region" aria-label=${`${label}, as a table`}>
    <table>
      <thead><tr><th scope="col">Day</th><th scope="col">Plays</th><th scope="col">Income</th>
        ${compared && html`<th scope="col">${span} days before</th><th scope="col">Change</th>`}</tr></thead>
      <tbody>${[...points].reverse().map((point) => html`<tr key=${point.date} data-date=${point.date}>
        <th scope="row">${dayLong(point.second)}${point.date === runningDate && html` <small>so far</small>`}</th><td data-exact=${point.plays}>${exact(point.plays)}</td><td data-exact=${point.income}>${exactIncome(point.income)}</td>
        ${compared && html`<td data-exact=${point.previous}>${exact(point.previous)}</td><td>${point.date === runningDate ? "" : change(point.plays, point.previous)}</td>`}
      </tr>`)}</tbody>
    </table>
  </div>`;
}

function Graph({ points, running, label }) {
  const [frame, plot] = [useRef(null), useRef(null)];
  const [mark, setMark] = useState({ place: null, x: 0, width: 0 });
  const [failed, setFailed] = useState(false);
  const last = points.length - 1;
  const fresh = useRef(null);
  fresh.current = () => plot.current?.update(points, running);

  useLayoutEffect(() => {
    let left = false;
    import("./days_plot.js").then(({ DaysPlot }) => { // with uPlot, which only pages with such a graph need
      if (left) return;
      plot.current = new DaysPlot(frame.current, (place, x, width) => setMark({ place, x, width }));
      fresh.current();
    }, () => setFailed(true));
    return () => {
      left = true;
      plot.current?.close();
    };
  }, []);
  useEffect(() => fresh.current(), [points, running]);

  const look = (place) => plot.current?.mark(place);
  const onKeyDown = (event) => {
    const at = mark.place;
    const to = { ArrowLeft: (at ?? last + 1) - 1, ArrowRight: (at ?? last - 1) + 1, Home: 0, End: last, PageUp: (at ?? last) - 7, PageDown: (at ?? last) + 7 }[event.key];
    if (event.key === "Escape") look(null);
    if (to === undefined) return;
    event.preventDefault();
    look(Math.min(Math.max(to, 0), last));
  };
  const onPointerMove = (event) => plot.current && look(plot.current.placeAt(event.clientX - frame.current.getBoundingClientRect().left));

  const place = mark.place !== null && mark.place <= last ? mark.place : null;
  const shown = place ?? last;
  if (failed) return html`<p class="days-said">The graph could not be fetched. The table has the same numbers.</p>`;
  return html`<div class="days-graph" role="slider" tabindex="0" aria-label=${label} aria-orientation="horizontal"
    aria-valuemin="0" aria-valuemax=${last} aria-valuenow=${shown} aria-valuetext=${spoken(points[shown], running && shown === last, points.length)}
    onKeyDown=${onKeyDown} onBlur=${() => look(null)} onPointerMove=${onPointerMove} onPointerDown=${onPointerMove} onPointerLeave=${() => look(null)}>
    <div class="days-frame" ref=${frame} aria-hidden="true"></div>
    ${place !== null && html`<${Tip} point=${points[place]} running=${running && place === last} span=${points.length} x=${mark.x} width=${mark.width} />`}
  </div>`;
}

/**
 * *rows* are days, ascending and without a gap: `{date, plays, income, previous_plays?, previous_income?}`; *today* is the day
 * that still runs, "2026-11-24". With *previous* the span before stands behind them. *label* says whose plays they are.
 * *table*, when given, chooses the table from outside; else there is a button.
 */
export function DaysGraph({ rows, previous = rows[0]?.previous_plays !== undefined, today, label, table }) {
  const [own, setOwn] = useState(false);
  const read = useRef({ rows: null, previous: null, points: [] });
  if (read.current.rows !== rows || read.current.previous !== previous) {
    const points = readPoints(rows).map((point) => (previous ? point : { ...point, previous: undefined }));
    read.current = { rows, previous, points };
  }
  const { points } = read.current;
  if (!points.length) return html`<p class="days-said">No days to show.</p>`;
  const compared = points[0].previous !== undefined;
  const asTable = table ?? own;
  return html`<div class="days">
    ${(compared || table === undefined) && html`<div class="days-head">
      ${compared && html`<p><i class="days-swatch"></i>${points.length} days</p><p><i class="days-swatch" data-line="previous"></i>${points.length} before</p>`}
      ${table === undefined && html`<button type="button" class="days-switch" onClick=${() => setOwn(!own)}>${own ? "Graph" : "Table"}<span class="sr"> of ${label}</span></button>`}
    </div>`}
    ${asTable
      ? html`<${Table} points=${points} compared=${compared} runningDate=${today} label=${label} />`
      : html`<${Graph} points=${points} running=${points.at(-1).date === today} label=${label} />`}
  </div>`;
}
