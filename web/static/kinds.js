// Kinds: what can be ranked, by the API's own word for it: how a row of it is named, told apart, shown and linked to.
import { html } from "./markup.js";
import { countryName, credit, genreName, platformName } from "./format.js";
import { Avatar } from "./avatar.js";
import { Flag } from "./flags.js";
import { hrefOf } from "./route.js";
import { changed, picked } from "./query.js";

/** What goes along to a page that a row links to: what narrows both. */
const KEPT = ["country", "source", "days", "date_from", "date_to"];

const to = (page, query, own) => hrefOf(page, changed(picked(query, KEPT), own));
const ranked = (query, own) => hrefOf("ranking", changed(picked(query, KEPT), { by: "artist", ...own }));

/** `key` tells rows apart; `href(row, query)` is the page of a row, seen as *query* narrows it. */
export const KINDS = {
  artist: {
    title: "Top artists", many: "artists", one: "Artist", trend: true,
    name: (row) => row.artist || "Unknown artist",
    lead: (row) => html`<${Avatar} name=${row.artist || "?"} />`,
    key: (row) => row.artist,
    href: (row, query) => row.artist && to("artist", query, { artist: row.artist }),
  },
  song_title: {
    title: "Top songs", many: "songs", one: "Song", trend: true,
    name: (row) => row.song_title || "Unknown song",
    under: (row) => credit(row.artists),
    key: (row) => `${row.song_id} ${row.song_title}`,
    href: (row, query) => row.song_id && to("song", query, { song_id: row.song_id }),
  },
  album_name: {
    title: "Top albums", many: "albums", one: "Album", trend: true,
    name: (row) => row.album_name || "No album",
    under: (row) => credit(row.artists),
    key: (row) => `${row.album_name}\n${row.artists}`,
    href: (row, query) => row.album_name && to("album", query, { album: row.album_name, album_artist: row.artists }),
  },
  country: {
    title: "Top countries", many: "countries", one: "Country", shares: true,
    name: (row) => countryName(row.country),
    lead: (row) => html`<${Flag} code=${row.country} />`,
    key: (row) => row.country,
    href: (row, query) => to("country", query, { country: row.country }),
  },
  source: {
    title: "Top platforms", many: "platforms", one: "Platform", shares: true,
    name: (row) => platformName(row.source),
    key: (row) => row.source,
    href: (row, query) => row.source && ranked(query, { source: row.source }),
  },
  genre: {
    title: "Top genres", many: "genres", one: "Genre", shares: true,
    name: (row) => genreName(row.genre),
    key: (row) => row.genre,
    href: (row, query) => row.genre && ranked(query, { genre: row.genre }),
  },
};

export const DEFAULT_KIND = "artist";
