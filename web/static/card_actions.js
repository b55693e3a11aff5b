// Card actions: the ways to a card's data.
import { html } from "./markup.js";

export function CardActions({ call, name }) {
  const [endpoint, words = ""] = call.split("?");
  return html`<a class="card-actions" download href=${`/v0/pipes/${endpoint}.csv?${words}`} title=${`${name} as CSV`} aria-label=${`${name} as CSV`}>⋯</a>`;
}
