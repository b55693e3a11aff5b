// Artist page: an artist's plays, earnings, listeners' countries and services, songs and albums.
import { html } from "./markup.js";
import { Avatar } from "./avatar.js";
import { entityPage } from "./entity.js";
import { counted, genres } from "./entity_head.js";
import { ORIGIN } from "./origin.js";

const TREND = { trend: 30 };

export const { title, subscriptions, Body } = entityPage({
  page: "artist",
  kind: "Artist",
  many: "artists",
  ranked: "artist",
  own: ["artist"],
  by: "artist,genre",
  name: (row, query) => row?.artist ?? query.get("artist"),
  Lead: ({ name }) => html`<${Avatar} name=${name} />`,
  facts: ({ rows, totals }) => [...genres(rows), ...(totals ? [counted(totals.songs, "song"), counted(totals.countries, "country", "countries")] : [])],
  aboutPlays: "Every play of a song that credits this artist, once each, alone or with others.",
  sections: [
    ORIGIN,
    { title: "What is played", cards: [{ by: "song_title", rows: 6, more: TREND, spark: true }, { by: "album_name", rows: 6, more: TREND, spark: true }] },
  ],
});
