// Album page: an album's plays, earnings, listeners' countries and services, and songs.
import { html } from "./markup.js";
import { Avatar } from "./avatar.js";
import { entityPage } from "./entity.js";
import { Artists, counted, genres } from "./entity_head.js";
import { ORIGIN } from "./origin.js";

export const { title, subscriptions, Body } = entityPage({
  page: "album",
  kind: "Album",
  many: "albums",
  ranked: "album_name",
  own: ["album", "album_artist", "artist"], // older addresses name an artist of it
  by: "album_name,genre",
  name: (row, query) => row?.album_name ?? query.get("album"),
  Lead: ({ name }) => html`<${Avatar} name=${name} />`,
  Credit: ({ row }) => html`<${Artists} credit=${row.artists} />`,
  facts: ({ rows, totals }) => [...genres(rows), ...(totals ? [counted(totals.songs, "song"), counted(totals.countries, "country", "countries")] : [])],
  aboutPlays: "Every play of a song of this album, once each, however many artists share it.",
  sections: [ORIGIN, { title: "What is played", cards: [{ by: "song_title", rows: 10, title: "Songs", more: { trend: 30 }, spark: true }] }],
});
