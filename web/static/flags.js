// Flag: a country's, until its image is there its code.
import { html } from "./markup.js";

export const Flag = ({ code }) => html`<span class="code" aria-hidden="true">${code === "ZZ" ? "–" : code}</span>`;
