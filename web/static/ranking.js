// Ranking page: a whole ranking, page by page, narrowed and searched, all of it in the address.
import { html, useRef } from "./markup.js";
import { exact } from "./format.js";
import { MOST_ROWS } from "./card.js";
import { CardActions } from "./card_actions.js";
import { Filters, FILTER_CALLS, inWords, OtherFilters } from "./filters.js";
import { DEFAULT_KIND, KINDS } from "./kinds.js";
import { apiCall, changed, FILTERS } from "./query.js";
import { RankingTable } from "./ranking_table.js";
import { hrefOf } from "./route.js";
import { useInView } from "./strips.js";
import { MOST_FOUND, mostFound, SEARCHED, SearchWithin } from "./search_within.js";

const PAGE_ROWS = 50;

const kindOf = (query) => (query.get("by") in KINDS ? query.get("by") : DEFAULT_KIND);
const searched = (query) => (kindOf(query) in SEARCHED ? (query.get("q") ?? "").trim() : "");

export const title = (query) => KINDS[kindOf(query)].title + inWords(query);

/** What has to be known before the subscriptions: the names that are like what is searched for. */
export const asksFirst = (query) => (searched(query) ? SEARCHED[kindOf(query)].call(searched(query)) : null);

/** *query* narrowed to the names that were *found*. */
function narrowed(query, found) {
  if (!searched(query)) return query;
  const { filter, values } = SEARCHED[kindOf(query)];
  return new URLSearchParams([...changed(query, { [filter]: "" }), ...mostFound(values(found.rows)).map((value) => [filter, value])]);
}

const nothingFound = (query, found) => Boolean(found) && !SEARCHED[kindOf(query)].values(found.rows).length;

export function subscriptions(query, found) {
  const asked = { ...FILTER_CALLS, totals: apiCall("totals", query) };
  if (searched(query) && (!found || nothingFound(query, found))) return asked;
  const offset = searched(query) ? "" : (query.get("offset") ?? "");
  return { ...asked, ranking: apiCall("ranking_by", narrowed(query, found), FILTERS, { by: kindOf(query), limit: PAGE_ROWS, offset, trend: 30 }) };
}

function Kinds({ query }) {
  const by = kindOf(query);
  const strip = useInView("[aria-current]", by);
  return html`<nav class="tabs" aria-label="What is ranked" ref=${strip}>
    ${Object.entries(KINDS).map(([name, { many }]) => html`<a key=${name} href=${hrefOf("ranking", changed(query, { by: name, offset: "", q: "" }))} aria-current=${name === by ? "page" : undefined}>${many}</a>`)}
  </nav>`;
}

/** "51–100 of 1,794" and the ways to the pages beside. */
function Pager({ query, first, count, total }) {
  const last = Math.max(Math.ceil(total / PAGE_ROWS) - 1, 0) * PAGE_ROWS;
  const step = (words, offset, possible) =>
    possible
      ? html`<a class="page-step" href=${hrefOf("ranking", changed(query, { offset: offset > 0 ? String(offset) : "" }))}>${words}</a>`
      : html`<span class="page-step" aria-disabled="true">${words}</span>`;
  return html`<nav class="pager" aria-label="Parts of the ranking">
    <p class="pager-range" data-total=${total}>${count > 0 ? `${exact(first + 1)}–${exact(first + count)}` : "0"} of ${exact(total)}</p>
    ${step("First", 0, first > 0)}${step("Previous", Math.max(first - PAGE_ROWS, 0), first > 0)}${step("Next", first + PAGE_ROWS, first + count < total)}${step("Last", last, first < last)}
  </nav>`;
}

/** How many there are, or how many of those that are like what is searched for. */
function Count({ query, found, part, first }) {
  const kind = KINDS[kindOf(query)];
  if (!part) return html`<span class="bone bone-count"></span>`;
  if (first > 0 && !part.rows.length) return null;
  const like = searched(query) && found ? new Set(SEARCHED[kindOf(query)].values(found.rows)).size : 0;
  const least = like && found.total > found.rows.length ? "more than " : "";
  return html`<b>${exact(part.total)}</b> ${part.total === 1 ? kind.one.toLowerCase() : kind.many}${like > MOST_FOUND && `, the best matches of ${least}${exact(like)}`}`;
}

/** The rows to show: those of before, while others of the same kind are on their way. */
function useLastRows(by, part) {
  const kept = useRef({ by: null, part: null });
  if (part) kept.current = { by, part };
  return part ?? (kept.current.by === by ? kept.current.part : undefined);
}

function Said({ query, found, part, first, onRetry }) {
  const problem = found?.problem ?? part?.problem;
  const kind = KINDS[kindOf(query)];
  if (problem) return html`<div class="said"><p>${problem.detail}</p><button type="button" class="button button-small" onClick=${onRetry}>Try again</button></div>`;
  if (nothingFound(query, found)) return html`<div class="said"><p>No ${kind.many} with a name like <b>${searched(query)}</b>.</p><a class="button button-small" href=${hrefOf("ranking", changed(query, { q: "" }))}>Show all</a></div>`;
  if (first > 0) return html`<div class="said"><p>The ${kind.many} end before place ${exact(first + 1)}.</p><a class="button button-small" href=${hrefOf("ranking", changed(query, { offset: "" }))}>To the first</a></div>`;
  return html`<div class="said"><p>No plays here${inWords(query)}${searched(query) && " by that name"}.</p><a class="button button-small" href=${hrefOf("ranking", { by: kindOf(query) })}>Without filters</a></div>`;
}

export function Body({ query, parts, found, onRetry }) {
  const by = kindOf(query);
  const kind = KINDS[by];
  const searching = searched(query) !== "";
  const none = found?.problem || nothingFound(query, found);
  const fresh = none ? { rows: [], total: 0 } : parts.ranking;
  const part = useLastRows(by, fresh);
  const first = searching ? 0 : Number(query.get("offset") ?? 0);
  const call = searching && (!found || none) ? null : apiCall("ranking_by", narrowed(query, found), FILTERS, { by, limit: MOST_ROWS });
  return html`
    <div class="page-head">
      <h1>${kind.title}</h1>
      <${Kinds} query=${query} />
    </div>
    <div class="tools">
      <${Filters} page="ranking" query=${query} parts=${parts} />
      ${by in SEARCHED && html`<${SearchWithin} key=${by} query=${query} many=${kind.many} />`}
    </div>
    <${OtherFilters} page="ranking" query=${query} />
    <section class="card ranking" data-by=${by} aria-label=${kind.title} aria-busy=${!fresh}>
      <div class="card-head">
        <p class="ranking-count"><${Count} query=${query} found=${found} part=${part} first=${first} /></p>
        ${call && html`<${CardActions} call=${call} name=${kind.title} />`}
      </div>
      ${part && !part.rows.length
        ? html`<${Said} query=${query} found=${found} part=${part} first=${first} onRetry=${onRetry} />`
        : html`<${RankingTable} kind=${kind} rows=${part?.rows} query=${query} first=${searching ? null : first} allPlays=${parts.totals?.rows[0]?.plays} bones=${PAGE_ROWS} />`}
      ${part && !searching && part.total > 0 && html`<${Pager} query=${query} first=${first} count=${part.rows.length} total=${part.total} />`}
    </section>`;
}
