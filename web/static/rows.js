// Rows: the first of a ranking as a card shows them, each with its place, its name and its plays, linked to its page.
import { html, useRef } from "./markup.js";
import { compact, exact, exactIncome, incomeOfFew, share } from "./format.js";
import { Growth } from "./growth.js";
import { Move, useGlide, useMoves } from "./moves.js";
import { Sparkline } from "./sparkline.js";

/** The name of a row, linked to its page if it has one. */
export function Name({ kind, row, query }) {
  const [name, under, href] = [kind.name(row), kind.under?.(row), kind.href(row, query)];
  return html`<span class="name">
    ${href ? html`<a class="name-text" href=${href} title=${name}>${name}</a>` : html`<span class="name-text" title=${name}>${name}</span>`}
    ${kind.under && html`<small title=${under}>${under}</small>`}
  </span>`;
}

/** What the sparkline of *row* says in words. */
export const trendLabel = (row) => `Plays a day in the last ${row.trend.length} days, today ${exact(row.trend.at(-1))}`;

/**
 * *rows* of *kind*. `query` is what narrows them; `allPlays`, what their shares are of; `spark` draws their trend and
 * `growth` says what it comes to; `earned` adds what the plays earn.
 */
export function Rows({ kind, rows, query, allPlays, spark = false, growth = false, earned = false }) {
  const list = useRef(null);
  const keys = rows.map(kind.key);
  const moves = useMoves(keys);
  useGlide(list, keys);
  return html`<ol class="rows" ref=${list}>
    ${rows.map((row, rank) => html`<li class="row" key=${keys[rank]} data-key=${keys[rank]} data-exact=${row.plays}>
      <span class="row-bar" style=${{ transform: `scaleX(${row.plays / Math.max(rows[0].plays, 1)})` }}></span>
      <span class="rank" aria-hidden="true">${rank + 1}</span>
      <${Move} gained=${moves.get(keys[rank])?.gained} />
      ${kind.lead?.(row)}
      <${Name} kind=${kind} row=${row} query=${query} />
      ${spark && row.trend && html`<${Sparkline} values=${row.trend} label=${trendLabel(row)} />`}
      ${growth && row.trend && html`<${Growth} days=${row.trend} />`}
      ${kind.shares && !growth && html`<span class="share">${share(row.plays, allPlays)}</span>`}
      ${earned && html`<span class="earned" title=${exactIncome(row.income)}>${incomeOfFew(row.income)}</span>`}
      <span class="number" title=${`${exact(row.plays)} plays, ${exactIncome(row.income)}`}>${compact(row.plays)}</span>
    </li>`)}
  </ol>`;
}

/** What stands in place of *count* rows that have not come yet. */
export const Bones = ({ count }) => html`<div class="rows" aria-hidden="true">
  ${Array.from({ length: count }, (_, row) => html`<div class="row" key=${row}><span class="bone" style=${{ width: `${82 - ((row * 37) % 41)}%` }}></span></div>`)}
</div>`;
