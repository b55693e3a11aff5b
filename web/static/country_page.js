// Country page: a country's plays and earnings, and who and what is played most there.
import { html } from "./markup.js";
import { countryName } from "./format.js";
import { entityPage } from "./entity.js";
import { counted } from "./entity_head.js";
import { Flag } from "./flags.js";
import { BY_PLATFORM } from "./origin.js";

const TREND = { trend: 30 };
const isCode = (text) => /^[a-z]{2}$/i.test(text);
const codeOf = (row, query) => row?.country ?? (isCode(query.get("country")) ? query.get("country").toUpperCase() : null);

export const { title, subscriptions, Body } = entityPage({
  page: "country",
  kind: "Country",
  many: "countries",
  ranked: "country",
  own: ["country"],
  by: "country",
  controls: ["source"],
  name: (row, query) => (codeOf(row, query) ? countryName(codeOf(row, query)) : query.get("country")),
  Lead: ({ row, query }) => html`<${Flag} code=${codeOf(row, query)} />`,
  facts: ({ totals }) => (totals ? [counted(totals.artists, "artist"), counted(totals.songs, "song")] : []),
  aboutPlays: "Every play from this country, once each. A song with three artists played once is one play.",
  sections: [
    { title: "What is played", cards: [{ by: "artist", rows: 10, more: TREND, spark: true }, { by: "song_title", rows: 10, more: TREND, spark: true }] },
    { title: "How it is played", cards: [BY_PLATFORM, { by: "genre", rows: 8, title: "By genre", earned: true }] },
  ],
});
