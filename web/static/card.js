// Card: a ranking's first rows, with the way to all of it and to its data.
import { html } from "./markup.js";
import { exact } from "./format.js";
import { CardActions } from "./card_actions.js";
import { KINDS } from "./kinds.js";
import { apiCall, changed, picked, FILTERS } from "./query.js";
import { hrefOf } from "./route.js";
import { Bones, Rows } from "./rows.js";

/** Most rows that a download has: the API gives no more at once. */
export const MOST_ROWS = 10_000;

/** The subscription of the card of *by*, its first *rows* as *query* narrows them; *more* are other parameters. */
export const cardCall = (by, rows, query = "", more = {}) => apiCall("ranking_by", query, FILTERS, { by, limit: rows, ...more });

/**
 * The first *rows* of the ranking by *by*, which *part* brings. *query* narrows it, and all that it links to; *title* is its
 * kind's own if none is given, and *note* explains it. See `Rows` for what else a row shows.
 */
export function Card({ by, part, rows, query = "", title, note, allPlays, spark, growth, earned }) {
  const kind = KINDS[by];
  const [said, empty] = [part?.problem?.detail, part && !part.problem && part.rows.length === 0];
  return html`<section class="card" data-by=${by} data-size=${rows} aria-labelledby=${`top-${by}`} aria-busy=${!part}>
    <div class="card-head">
      <h2 id=${`top-${by}`}>${title ?? kind.title}</h2>
      <a class="view-all" href=${hrefOf("ranking", changed(picked(query, FILTERS), { by }))}>View all<span class="sr"> ${kind.many}</span>${part && !said && html` <span class="view-all-count">${exact(part.total)}</span>`}</a>
      <${CardActions} call=${cardCall(by, MOST_ROWS, query)} name=${title ?? kind.title} />
    </div>
    ${note && html`<p class="card-note">${note}</p>`}
    ${earned && !said && !empty && html`<p class="row-heads" aria-hidden="true">${kind.shares && html`<span class="share">Share</span>`}<span class="earned">Earned</span><span class="number">Plays</span></p>`}
    ${said ? html`<p class="card-said">${said}</p>`
      : empty ? html`<p class="card-said card-empty">No plays here yet.</p>`
      : part ? html`<${Rows} kind=${kind} rows=${part.rows} query=${query} allPlays=${allPlays} spark=${spark} growth=${growth} earned=${earned} />`
      : html`<${Bones} count=${rows} />`}
  </section>`;
}
