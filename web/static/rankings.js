// Rankings: the cards of most played artists, songs, genres, countries and services; rows move when their order does.
import { html, prefersStill, useLayoutEffect, useRef } from "./markup.js";
import { compact, countryName, credit, exact, exactIncome, genreName, platformName, share } from "./format.js";
import { Avatar } from "./avatar.js";

const MOVE_SHOWN_MS = 8000;

/** What each card shows, by the column that it ranks. */
const CARDS = [
  { by: "artist", title: "Top artists", many: "artists", rows: 10, name: (row) => row.artist, lead: (row) => html`<${Avatar} name=${row.artist} />`, key: (row) => row.artist },
  { by: "song_title", title: "Top songs", many: "songs", rows: 10, name: (row) => row.song_title, under: (row) => credit(row.artists), key: (row) => `${row.song_id} ${row.song_title}` },
  { by: "genre", title: "Top genres", many: "genres", rows: 8, name: (row) => genreName(row.genre), shares: true, key: (row) => row.genre },
  { by: "country", title: "Top countries", many: "countries", rows: 8, name: (row) => countryName(row.country), lead: (row) => html`<span class="code" aria-hidden="true">${row.country === "ZZ" ? "–" : row.country}</span>`, shares: true, key: (row) => row.country },
  { by: "source", title: "Top platforms", many: "platforms", rows: 6, name: (row) => platformName(row.source), shares: true, key: (row) => row.source },
];

/** How many places each key has moved lately: a Map of key to places gained. */
function useMoves(keys) {
  const past = useRef({ ranks: new Map(), moves: new Map() });
  const { ranks, moves } = past.current;
  const now = performance.now();
  const next = new Map(keys.map((key, rank) => [key, rank]));
  for (const [key, rank] of next) {
    const gained = ranks.has(key) ? ranks.get(key) - rank : 0;
    const running = moves.get(key);
    if (gained) moves.set(key, { gained: gained + (running?.until > now ? running.gained : 0), until: now + MOVE_SHOWN_MS });
    else if (running && running.until <= now) moves.delete(key);
  }
  past.current.ranks = next;
  return moves;
}

/** Let rows glide to their new places; additive, so that a move within a move stays smooth. */
function useGlide(list, keys) {
  const tops = useRef(new Map());
  useLayoutEffect(() => {
    const next = new Map();
    for (const row of list.current.children) {
      const { key } = row.dataset;
      const [before, top] = [tops.current.get(key), row.offsetTop];
      next.set(key, top);
      if (before === undefined || before === top || prefersStill()) continue;
      row.animate([{ transform: `translateY(${before - top}px)` }, { transform: "translateY(0)" }], { duration: 480, easing: "cubic-bezier(.2,.8,.2,1)", composite: "add" });
    }
    tops.current = next;
  }, [keys.join("\n")]);
}

function Move({ gained }) {
  if (!gained) return html`<span class="move"></span>`;
  const up = gained > 0;
  return html`<span class="move" data-way=${up ? "up" : "down"}>
    <svg viewBox="0 0 10 10" aria-hidden="true"><path d=${up ? "M5 1.5 9 8H1z" : "M5 8.5 1 2h8z"} /></svg>
    <span class="sr">${up ? "up" : "down"} ${Math.abs(gained)}</span>
  </span>`;
}

function Rows({ card, rows, allPlays }) {
  const list = useRef(null);
  const keys = rows.map(card.key);
  const moves = useMoves(keys);
  useGlide(list, keys);
  return html`<ol class="rows" ref=${list}>
    ${rows.map((row, rank) => {
      const title = `${exact(row.plays)} plays, ${exactIncome(row.income)}`;
      return html`<li class="row" key=${keys[rank]} data-key=${keys[rank]} data-exact=${row.plays}>
        <span class="row-bar" style=${{ transform: `scaleX(${row.plays / Math.max(rows[0].plays, 1)})` }}></span>
        <span class="rank" aria-hidden="true">${rank + 1}</span>
        <${Move} gained=${moves.get(keys[rank])?.gained} />
        ${card.lead?.(row)}
        <span class="name"><span class="name-text" title=${card.name(row)}>${card.name(row)}</span>${card.under && html`<small title=${card.under(row)}>${card.under(row)}</small>`}</span>
        ${card.shares && html`<span class="share">${share(row.plays, allPlays)}</span>`}
        <span class="number" title=${title}>${compact(row.plays)}</span>
      </li>`;
    })}
  </ol>`;
}

const Bones = ({ rows }) => html`<div class="rows" aria-hidden="true">
  ${Array.from({ length: rows }, (_, row) => html`<div class="row" key=${row}><span class="bone" style=${{ width: `${82 - ((row * 37) % 41)}%` }}></span></div>`)}
</div>`;

/** The formats that the server writes a whole ranking in. */
const FORMATS = { json: "JSON" };

function Card({ card, part, allPlays }) {
  const said = part?.problem ? part.problem.detail : null;
  return html`<section class="card" data-by=${card.by} data-size=${card.rows} aria-labelledby=${`top-${card.by}`} aria-busy=${!part}>
    <div class="card-head">
      <h2 id=${`top-${card.by}`}>${card.title}</h2>
      ${part && !said && html`<p>of ${exact(part.total)}</p>`}
    </div>
    ${said ? html`<p class="card-said">${said}</p>` : part ? html`<${Rows} card=${card} rows=${part.rows} allPlays=${allPlays} />` : html`<${Bones} rows=${card.rows} />`}
    <p class="card-foot">All ${card.many} as
      ${Object.entries(FORMATS).map(([ending, name]) => html`<a key=${ending} download href=${`/v0/pipes/ranking_by.${ending}?by=${card.by}&limit=10000`}>${name}<span class="sr"> of all ${card.many}</span></a>`)}
    </p>
  </section>`;
}

export function Rankings({ parts }) {
  const allPlays = parts.totals?.rows[0]?.plays ?? 0;
  return html`<div class="cards">${CARDS.map((card) => html`<${Card} key=${card.by} card=${card} part=${parts[card.by]} allPlays=${allPlays} />`)}</div>`;
}
