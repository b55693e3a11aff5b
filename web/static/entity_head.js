// Entity head: what a page is about: its image, its name as the data writes it, and what is known of it.
import { html } from "./markup.js";
import { exact, genreName } from "./format.js";
import { hrefOf } from "./route.js";

/** "1 song", "34 songs". */
export const counted = (number, one, many = `${one}s`) => html`<span>${exact(number)} ${number === 1 ? one : many}</span>`;

/** The genres of *rows*, each linked to its artists. */
export const genres = (rows) =>
  [...new Set(rows.map(({ genre }) => genre).filter(Boolean))].map((genre) => html`<a href=${hrefOf("ranking", { by: "artist", genre })}>${genreName(genre)}</a>`);

/** The artists of *credit*, "A/B/C", each linked to its page. */
export function Artists({ credit }) {
  return html`<p class="entity-credit">${credit.split("/").map((artist, at) => html`${at > 0 && ", "}<a key=${artist} href=${hrefOf("artist", { artist })}>${artist}</a>`)}</p>`;
}

/** See `entityPage`. *self* are the rows that describe it, *totals* those of the page. */
export function EntityHead({ kind, page, name, self, totals, query, Lead, Credit, facts }) {
  const row = self?.rows[0];
  const told = self && (totals || self.problem || !row) ? (row ? facts({ rows: self.rows, totals }) : []) : null;
  const unnamed = !name && !self;
  return html`<div class="page-head entity-head" data-kind=${page} data-unnamed=${unnamed || undefined}>
    ${unnamed ? html`<span class="avatar bone"></span>` : html`<${Lead} name=${name ?? "?"} row=${row} query=${query} />`}
    <div class="entity-words">
      <p class="entity-kind">${kind}</p>
      <h1>${unnamed ? html`<span class="bone bone-name"></span><span class="sr">${kind}</span>` : (name ?? kind)}</h1>
      ${Credit && (row ? html`<${Credit} row=${row} query=${query} />` : !self && html`<p class="entity-credit"><span class="bone"></span></p>`)}
      <p class="entity-facts">${told ? told.map((fact, at) => html`<span class="fact" key=${at}>${fact}</span>`) : html`<span class="bone"></span>`}</p>
    </div>
  </div>`;
}
