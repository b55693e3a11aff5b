// Song page: a song's plays and earnings, who has which share of these, and its listeners' countries and services.
import { html } from "./markup.js";
import { Avatar } from "./avatar.js";
import { entityPage } from "./entity.js";
import { Artists, counted, genres } from "./entity_head.js";
import { ORIGIN } from "./origin.js";
import { hrefOf } from "./route.js";

const albumOf = ({ album_name: album, artists }) => html`<a href=${hrefOf("album", { album, album_artist: artists.split("/")[0] })}>${album}</a>`;

export const { title, subscriptions, Body } = entityPage({
  page: "song",
  kind: "Song",
  many: "songs",
  ranked: "song_title",
  own: ["song_id"],
  by: "song_title,album_name,genre",
  name: (row) => (row ? row.song_title || "Unknown song" : null),
  Lead: ({ name }) => html`<${Avatar} name=${name} />`,
  Credit: ({ row }) => html`<${Artists} credit=${row.artists} />`,
  facts: ({ rows, totals }) => [
    ...(rows[0].album_name ? [albumOf(rows[0])] : []),
    ...genres(rows),
    ...(totals ? [counted(totals.countries, "country", "countries")] : []),
  ],
  aboutPlays: "Every play of this recording, once each, however many artists share it. Other recordings of the same title are apart.",
  sections: [
    ORIGIN,
    {
      title: "Who earns from it",
      cards: [{
        by: "artist", rows: 6, title: "Credited artists", earned: true,
        note: "One play is a play of each credited artist. What it earns is split evenly between them, so that their shares add up to the song's income.",
      }],
    },
  ],
});
