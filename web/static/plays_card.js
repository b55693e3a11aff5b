// Plays card: the plays of a page, second by second or day by day as its reader chooses; the choice is in the address.
import { html, Term } from "./markup.js";
import { dayShort, exact, exactIncome, readDay } from "./format.js";
import { CardActions } from "./card_actions.js";
import { Counting } from "./counting.js";
import { DaysGraph } from "./days_graph.js";
import { useChoosing } from "./filters.js";
import { Change } from "./growth.js";
import { PerSecond, Rate } from "./per_second.js";
import { Pills } from "./pills.js";
import { apiCall, DIMENSIONS, FILTERS } from "./query.js";

const CHOICES = [{ value: "live", label: "Real time" }, { value: "7", label: "7 d" }, { value: "30", label: "1 m" }, { value: "all", label: "All" }];
const SPAN = "span";

const hasDates = (query) => Boolean(query.get("date_from") || query.get("date_to"));

/** What the graph of the page *query* shows: "live", "all", a number of days, or the "span" between the address's dates. */
function shownOf(query) {
  if (query.get("days")) return query.get("days");
  if (hasDates(query)) return SPAN;
  return query.get("show") === "all" ? "all" : "live";
}

/** What makes *value* be shown, as changes of the address. */
const changesTo = (value) => ({ date_from: "", date_to: "", days: /^\d+$/.test(value) ? value : "", show: value === "all" ? value : "" });

/** The period that the page's numbers are of: "last 7 days", "5 Nov – 12 Nov", "all time". */
export function periodInWords(query) {
  const [days, from, to] = ["days", "date_from", "date_to"].map((name) => query.get(name));
  const day = (date) => dayShort(readDay(date));
  if (days) return days === "1" ? "today" : `last ${days} days`;
  if (from && to) return `${day(from)} – ${day(to)}`;
  return from ? `since ${day(from)}` : to ? `until ${day(to)}` : "all time";
}

const compared = (query) => Boolean(query.get("days") || query.get("date_from"));

/** The question whose rows the graph draws. */
function seriesCall(query) {
  if (shownOf(query) === "live") return apiCall("evolution_per_second", query, DIMENSIONS, { seconds: 120 });
  return apiCall("evolution", query, FILTERS, compared(query) ? { compare: "previous" } : {});
}

export const playsCalls = (query) => ({ totals: apiCall("totals", query), series: seriesCall(query) });

const today = (live) => (live.asOf === null ? "" : new Date(live.asOf).toISOString().slice(0, 10));

/** What the days come to against as many days before. */
function Compared({ rows }) {
  const sum = (column) => rows.reduce((total, row) => total + row[column], 0);
  const [now, before] = [sum("plays"), sum("previous_plays")];
  return html`<p class="plays-change"><${Change} before=${before} now=${now} days=${rows.length} title=${`${exact(now)} plays, ${exact(before)} in the ${rows.length} days before`} />
    <span aria-hidden="true">${before > 0 ? `against the ${rows.length} days before` : `no plays in the ${rows.length} days before`}</span></p>`;
}

function Graph({ shown, part, live, label }) {
  if (part?.problem) return html`<p class="card-said plays-graph">${part.problem.detail}</p>`;
  if (!part) return html`<div class="per-second"><span class="bone bone-graph"></span></div>`;
  if (shown === "live") return html`<${PerSecond} rows=${part.rows} />`;
  return html`<${DaysGraph} key=${shown} rows=${part.rows} today=${today(live)} label=${label} />`;
}

/** *parts* are those of `playsCalls`; *name* says whose plays they are, *about* what a play is here. */
export function PlaysCard({ page, query, parts, live, name, about }) {
  const choose = useChoosing(page, query);
  const shown = shownOf(query);
  const { totals, series } = parts;
  const plays = totals?.rows[0]?.plays;
  const options = CHOICES.some(({ value }) => value === shown) ? CHOICES : [...CHOICES, { value: shown, label: shown === SPAN ? periodInWords(query) : `${shown} d` }];
  const known = series && !series.problem;
  return html`<section class="stage plays" data-shown=${shown} aria-labelledby="plays-title" aria-busy=${!series}>
    <div class="plays-head">
      <h2 class="stage-label" id="plays-title"><${Term} id="about-plays" about=${about}>Plays<//> <small>${periodInWords(query)}</small></h2>
      <${Pills} name="show" legend="Graph" value=${shown} options=${options} onChange=${(value) => value !== SPAN && choose("show", changesTo(value))} />
      <${CardActions} call=${seriesCall(query)} name="Plays" />
    </div>
    <div class="stage-head">
      <p class="stage-number" style=${{ "--characters": Math.max(exact(plays ?? 0).length, 7) }}>
        ${totals?.problem ? "–"
          : plays === undefined ? html`<span class="bone bone-plays"></span>`
          : html`<${Counting} key=${`${name} ${shown}`} value=${plays} format=${exact} title=${`${exact(plays)} plays, ${exactIncome(totals.rows[0].income)}`} name="plays" />`}
      </p>
      <div class="plays-beside">
        ${known && shown === "live" && html`<${Rate} rows=${series.rows} />`}
        ${known && shown !== "live" && compared(query) && series.rows.length > 0 && html`<${Compared} rows=${series.rows} />`}
      </div>
    </div>
    <${Graph} shown=${shown} part=${series} live=${live} label=${`Plays of ${name} a day`} />
  </section>`;
}
