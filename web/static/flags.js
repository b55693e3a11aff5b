// Flag: a country's, as an image of its own file: emoji flags do not show on Windows. It says nothing beside the name that it stands by.
import { html } from "./markup.js";
import { UNKNOWN_COUNTRY } from "./format.js";

/** The flag of *code*, ISO 3166 alpha-2; a globe where the country is not known. */
export function Flag({ code }) {
  if (!/^[A-Z]{2}$/.test(code ?? "") || code === UNKNOWN_COUNTRY) {
    return html`<svg class="flag flag-unknown" viewBox="0 0 21 14" width="21" height="14" aria-hidden="true">
      <circle cx="10.5" cy="7" r="5.2" /><path d="M5.3 7h10.4M10.5 1.8c3.2 3 3.2 7.4 0 10.4M10.5 1.8c-3.2 3-3.2 7.4 0 10.4" />
    </svg>`;
  }
  return html`<img class="flag" src=${`/static/vendor/flags/${code}.svg`} alt="" width="21" height="14" loading="lazy" />`;
}
