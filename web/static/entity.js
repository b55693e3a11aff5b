// Entity: the page of one artist, album, song or country, made from the few things that tell these apart.
import { html } from "./markup.js";
import { Card, cardCall } from "./card.js";
import { EntityHead } from "./entity_head.js";
import { Filters, FILTER_CALLS, inWords, OtherFilters } from "./filters.js";
import { Performance, performanceCall } from "./performance.js";
import { periodInWords, PlaysCard, playsCalls } from "./plays_card.js";
import { apiCall, changed, FILTERS } from "./query.js";
import { hrefOf } from "./route.js";
import { Notice } from "./states.js";

/** *query* about one: of a parameter that says which, only the first value counts. */
const ofOne = (query, own) => changed(query, Object.fromEntries(own.map((name) => [name, query.get(name)])));

/** *cards* but those whose only row would be the one that the page is narrowed to. */
const telling = (cards, query) => cards.filter(({ by }) => query.getAll(by).filter(Boolean).length !== 1);

/** *query* without what says which one it is about. */
const narrowing = (query, own) => changed(query, Object.fromEntries(own.map((name) => [name, ""])));

function Nothing({ title, children, href, action }) {
  return html`<${Notice} kind="empty" title=${title} actions=${html`<a class="button" href=${href}>${action}</a>`}>${children}<//>`;
}

const Section = ({ title, period, cards, query, parts, allPlays }) => html`<section class="entity-section" aria-label=${title}>
  <div class="section-head"><h2>${title}</h2><p>${period}</p></div>
  <div class="cards">${cards.map(({ by, more, ...card }) => html`<${Card} key=${by} by=${by} part=${parts[by]} query=${query} allPlays=${allPlays} ...${card} />`)}</div>
</section>`;

/**
 * The exports of a page module.
 * - *page* is its name; *kind* what it is about, in words, *many* several of it, ranked by *ranked*.
 * - *own* are the parameters that say which one it is; there is no page without the first. *by*: what the rows are ranked by
 *   that describe it, as `parts.self`, whatever narrows the page beyond.
 * - `name(row, query)` is its name, where row may be missing; null while only the row can tell.
 * - `Lead({name, row, query})`, `Credit({row, query})` and `facts({rows, totals})` are of the head.
 * - *controls* are those of `Filters`; *sections* are `{title, cards}`, each card `{by, rows, more}` and what `Card` takes.
 * - `aboutPlays` is the definition of its plays.
 */
export function entityPage({ page, kind, many, ranked, own, by, name, Lead, Credit, facts, controls = ["source", "country"], sections, aboutPlays }) {
  const sectionsOf = (query) => sections.map((section) => ({ ...section, cards: telling(section.cards, query) })).filter((section) => section.cards.length);
  const others = FILTERS.filter((filter) => !["country", "source", "days", "date_from", "date_to", ...own].includes(filter));

  const title = (query, parts) => {
    const known = query.get(own[0]) && (name(parts?.self?.rows[0], query) ?? kind);
    return (known || kind) + inWords(narrowing(query, own));
  };

  const subscriptions = (wide) => {
    if (!wide.get(own[0])) return FILTER_CALLS;
    const query = ofOne(wide, own);
    return {
      ...FILTER_CALLS,
      self: apiCall("ranking_by", query, own, { by, limit: 2 }),
      ...playsCalls(query),
      month: performanceCall(query),
      ...Object.fromEntries(sectionsOf(query).flatMap(({ cards }) => cards).map(({ by: ranking, rows, more }) => [ranking, cardCall(ranking, rows, query, more)])),
    };
  };

  function Body({ query: wide, parts, live }) {
    const query = ofOne(wide, own);
    const { self } = parts;
    if (!query.get(own[0])) {
      return html`<div class="page-head"><h1>${kind}</h1></div>
        <${Nothing} title=${`Which ${kind.toLowerCase()}?`} href=${hrefOf("ranking", { by: ranked })} action=${`All ${many}`}>
          <p>This address names none. The search above finds ${many}, and so does the ranking.</p>
        <//>`;
    }
    const called = name(self?.rows[0], query);
    const head = html`<${EntityHead} kind=${kind} page=${page} name=${called} self=${self} totals=${parts.totals?.rows[0]} query=${query} Lead=${Lead} Credit=${Credit} facts=${facts} />`;
    if (self && !self.problem && !self.rows.length) {
      return html`${head}<${Nothing} title=${`No plays of this ${kind.toLowerCase()}`} href=${hrefOf("ranking", { by: ranked, q: called ?? "" })} action=${called ? `Find ${many} like it` : `All ${many}`}>
        <p>${called ? html`Nothing called <b>${called}</b> has been played, or your token is not for it.` : html`Nothing with the id <b>${query.get(own[0])}</b> has been played, or your token is not for it.`}</p>
        <p>An address takes a whole name, in any case and without regard to accents. The search above (press <kbd>/</kbd>) finds parts of names and forgives typing errors.</p>
      <//>`;
    }
    const allPlays = parts.totals?.rows[0]?.plays;
    return html`
      ${head}
      <div class="tools"><${Filters} page=${page} query=${query} parts=${parts} names=${controls} /></div>
      <${OtherFilters} page=${page} query=${query} names=${others} />
      <${PlaysCard} page=${page} query=${query} parts=${parts} live=${live} name=${called ?? kind} about=${aboutPlays} />
      <${Performance} query=${query} part=${parts.month} />
      ${sectionsOf(query).map((section) => html`<${Section} key=${section.title} ...${section} period=${periodInWords(query)} query=${query} parts=${parts} allPlays=${allPlays} />`)}`;
  }

  return { title, subscriptions, Body };
}
