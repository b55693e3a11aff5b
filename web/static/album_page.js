// Album page: the plays of one album.
import { html } from "./markup.js";
import { exact } from "./format.js";
import { Filters, FILTER_CALLS } from "./filters.js";
import { apiCall } from "./query.js";

export const title = (query) => query.get("album") ?? "Album";

export const subscriptions = (query) => ({ ...FILTER_CALLS, totals: apiCall("totals", query) });

export function Body({ query, parts }) {
  return html`
    <div class="page-head"><h1>${title(query)}</h1></div>
    <div class="tools"><${Filters} page="album" query=${query} parts=${parts} /></div>
    <section class="card"><p class="card-said">${parts.totals ? html`<b data-figure="plays" data-exact=${parts.totals.rows[0].plays}>${exact(parts.totals.rows[0].plays)}</b> plays` : html`<span class="bone bone-line"></span>`}</p></section>`;
}
