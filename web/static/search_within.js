// Search within: narrows a ranking to names that are like what is typed. The API finds the names, forgiving accents and small
// typing errors among all of them; the ranking then goes on live for these alone.
import { html, useEffect, useLayoutEffect, useRef } from "./markup.js";
import { apiCall, changed } from "./query.js";
import { go } from "./route.js";

const TYPING_REST_MS = 250;
export const MOST_FOUND = 50;
/** What the names may come to in the stream's address, where they are encoded twice; the server takes heads of 8 KB. */
const MOST_CHARACTERS = 5000;

const ofKind = (kind, column) => (rows) => rows.filter((row) => row.kind === kind).map((row) => row[column]);
const search = (text) => apiCall("search", "", [], { q: text, limit: 1000 });

/** By what is ranked: who finds the names, and which `filter` of the ranking takes which of their `values`. */
export const SEARCHED = {
  artist: { call: (text) => apiCall("search_artist", "", [], { artist: text, limit: 100 }), filter: "artist", values: (rows) => rows.map(({ artist }) => artist) },
  song_title: { call: search, filter: "song_id", values: ofKind("song", "id") },
  album_name: { call: search, filter: "album", values: ofKind("album", "name") },
};

/** As many of *values*, the best first, as a stream can be asked for. */
export function mostFound(values) {
  let room = MOST_CHARACTERS;
  return [...new Set(values)].slice(0, MOST_FOUND).filter((value) => (room -= encodeURIComponent(encodeURIComponent(value)).length + 16) > 0);
}

export function SearchWithin({ query, many }) {
  const [field, rest] = [useRef(null), useRef(0)];
  const asked = query.get("q") ?? "";
  useEffect(() => {
    if (document.activeElement !== field.current) field.current.value = asked; // it was gone back, or a link followed
  }, [asked]);
  const search = () => {
    clearTimeout(rest.current);
    go("ranking", changed(new URLSearchParams(location.search), { q: field.current.value.trim(), offset: "" }), { stay: true, replace: true });
  };
  const onInput = () => {
    clearTimeout(rest.current);
    rest.current = setTimeout(search, TYPING_REST_MS);
  };
  useLayoutEffect(() => () => clearTimeout(rest.current), []);
  return html`<form class="search-within" role="search" aria-label=${`Among the ${many}`} onSubmit=${(event) => (event.preventDefault(), search())}>
    <svg viewBox="0 0 20 20" aria-hidden="true"><path d="M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11zM13.2 13.2 17 17" /></svg>
    <input type="search" ref=${field} aria-label=${`Find among the ${many}`} placeholder=${`Find among the ${many}`} maxlength="200" autocomplete="off" spellcheck="false" onInput=${onInput} />
  </form>`;
}
