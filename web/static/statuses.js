// Statuses: what can go wrong, in short, and what is said of it in words.
import { html } from "./markup.js";

/** `text with code` in backticks -> with elements. */
export const prose = (text) => text.split("`").map((part, at) => (at % 2 ? html`<code>${part}</code>` : part));

export function Statuses({ failures }) {
  return html`<p class="errors">${failures.map(({ status, about }) => html`<a key=${status} href="#errors" title=${about}>${status}</a>`)}</p>`;
}
