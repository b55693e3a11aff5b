// Plays per second: the last two minutes as a graph that slides, with each second's value under the pointer or cursor.
import { html, prefersStill, useEffect, useRef, useState } from "./markup.js";
import { exact, exactIncome, readSecond, timeOfDay } from "./format.js";
import { Bars } from "./bars.js";
import { readColours } from "./colours.js";
import { onFrames } from "./frames.js";

const COLOURS = { bar: "--bar", old: "--bar-old", ink: "--stage-ink", line: "--stage-line", text: "--stage-muted" };
/** A wide graph slides ten pixels a second: a third of one with each frame. */
const FRAMES = 30;

/** The graph at work: follows frames, size, theme and pointer; tells *onMark* which second is looked at. */
class Graph {
  constructor(frame, canvas, onMark) {
    Object.assign(this, { frame, onMark, pointer: null, ago: null, told: null });
    this.bars = new Bars(canvas, readColours(frame, COLOURS));
    this.sizes = new ResizeObserver(() => (this.bars.resize(), this.draw(performance.now(), prefersStill()))); // which empties the canvas
    this.sizes.observe(canvas);
    this.themes = new MutationObserver(() => ((this.bars.colours = readColours(frame, COLOURS)), this.once()));
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.stop = onFrames(FRAMES, (now) => this.run(now));
  }

  close() {
    this.stop();
    this.sizes.disconnect();
    this.themes.disconnect();
  }

  run(now) {
    if (!prefersStill()) this.draw(now, false);
  }

  once() {
    if (prefersStill()) this.draw(performance.now(), true);
  }

  draw(now, still) {
    const { bars } = this;
    const marked = this.ago !== null ? bars.newest - this.ago : this.pointer !== null ? bars.secondAt(this.pointer) : null;
    bars.draw(now, { still, marked });
    const x = marked === null || bars.edge === null ? null : Math.round(bars.xOf(marked));
    if (this.told !== `${marked} ${x}`) this.onMark(marked, x, bars.width);
    this.told = `${marked} ${x}`;
  }

  update(points) {
    this.bars.update(points, performance.now());
    this.told = null;
    this.once();
  }

  look({ pointer = null, ago = null }) {
    Object.assign(this, { pointer, ago });
    this.once();
  }
}

function Tip({ point, x, width }) {
  if (!point || x === null) return null;
  const left = Math.min(Math.max(x, 78), width - 60);
  return html`<div class="tip" style=${{ transform: `translateX(${left}px) translateX(-50%)` }}>
    <b>${exact(point.plays)} plays</b><span>${exactIncome(point.income)}</span><time>${timeOfDay(point.second)}</time>
  </div>`;
}

function SecondsTable({ points }) {
  return html`<div class="seconds-table" tabindex="0" role="region" aria-label="Plays in each of the last two minutes' seconds">
    <table>
      <thead><tr><th scope="col">Second</th><th scope="col">Plays</th><th scope="col">Income</th></tr></thead>
      <tbody>${[...points].reverse().map((point) => html`<tr key=${point.second}>
        <th scope="row">${timeOfDay(point.second)}</th><td>${exact(point.plays)}</td><td>${exactIncome(point.income)}</td>
      </tr>`)}</tbody>
    </table>
  </div>`;
}

const readPoints = (rows) => rows.map((row) => ({ second: readSecond(row.date), plays: row.plays, income: row.income }));

/** The newest second's plays, large. */
export function Rate({ rows }) {
  const newest = rows.at(-1)?.plays ?? 0;
  return html`<h2 class="rate" id="per-second-title">
    <b data-figure="newest" data-exact=${newest}>${exact(newest)}</b> plays in the last second
  </h2>`;
}

export function PerSecond({ rows }) {
  const points = readPoints(rows);
  const [frame, canvas, graph] = [useRef(null), useRef(null), useRef(null)];
  const [mark, setMark] = useState({ second: null, x: null, width: 0 });
  const [ago, setAgo] = useState(null);
  const [asTable, setAsTable] = useState(false);

  useEffect(() => {
    if (asTable) return undefined;
    graph.current = new Graph(frame.current, canvas.current, (second, x, width) => setMark({ second, x, width }));
    graph.current.update(points);
    return () => graph.current.close();
  }, [asTable]);
  useEffect(() => {
    if (!asTable && points.length) graph.current.update(points);
  }, [rows]);

  const look = (where) => {
    setAgo(where.ago ?? null);
    graph.current?.look(where);
  };
  const onKeyDown = (event) => {
    const last = points.length - 1;
    const to = { ArrowLeft: (ago ?? -1) + 1, ArrowRight: (ago ?? 1) - 1, Home: last, End: 0, PageUp: (ago ?? 0) + 10, PageDown: (ago ?? 0) - 10 }[event.key];
    if (event.key === "Escape") look({});
    if (to === undefined) return;
    event.preventDefault();
    look({ ago: Math.min(Math.max(to, 0), last) });
  };

  const newest = points.at(-1);
  const peak = points.reduce((most, point) => (point.plays > most.plays ? point : most), { plays: -1 });
  const mean = points.reduce((sum, point) => sum + point.plays, 0) / Math.max(points.length, 1);
  const shown = points.at(-1 - (ago ?? 0));
  const said = shown ? `${timeOfDay(shown.second)}: ${exact(shown.plays)} plays, ${exactIncome(shown.income)}` : "No plays yet";
  return html`<section class="per-second" aria-labelledby="per-second-title">
    <div class="per-second-head">
      ${points.length > 1 && html`<p><span class="wide-only">Two-minute mean</span><span class="narrow-only">Mean</span> <b>${exact(mean)}</b></p>${peak.plays > 0 && html`<p>Peak <b>${exact(peak.plays)}</b><span class="wide-only"> at ${timeOfDay(peak.second)}</span></p>`}`}
      <button type="button" class="stage-button" onClick=${() => setAsTable(!asTable)}>${asTable ? "Graph" : "Table"}<span class="sr"> of plays per second</span></button>
    </div>
    ${asTable
      ? html`<${SecondsTable} points=${points} />`
      : html`<div class="graph" ref=${frame} data-newest=${newest?.second}
          role="slider" tabindex="0" aria-label="Plays in each second of the last two minutes" aria-orientation="horizontal"
          aria-valuemin="0" aria-valuemax=${Math.max(points.length - 1, 0)} aria-valuenow=${Math.max(points.length - 1 - (ago ?? 0), 0)} aria-valuetext=${said}
          onKeyDown=${onKeyDown} onBlur=${() => look({})}
          onPointerMove=${(event) => look({ pointer: event.clientX - canvas.current.getBoundingClientRect().left })}
          onPointerLeave=${() => look({})}>
          <canvas ref=${canvas} aria-hidden="true"></canvas>
          <${Tip} point=${points.find(({ second }) => second === mark.second)} x=${mark.x} width=${mark.width} />
        </div>`}
  </section>`;
}
