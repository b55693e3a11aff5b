// Markup: htm bound to Preact, and the hooks that the parts of the page use.
import { h, render } from "./vendor/preact.mjs";
import htm from "./vendor/htm.mjs";

// `useEffect` runs after the next frame, and cleans up after it too, when refs are gone: what must be there at once, and listeners, timers and
// promises that use a ref, are for `useLayoutEffect`.
export { useEffect, useId, useLayoutEffect, useRef, useState } from "./vendor/preact-hooks.mjs";
export { render };
export const html = htm.bind(h);

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Whether the reader asked the system for less motion; asked anew each time, since it can change. */
export const prefersStill = () => still.matches;

/** A word with its definition one hover, focus or tap away. */
export function Term({ children, about, id }) {
  return html`<span class="term">
    <button type="button" class="term-word" aria-describedby=${id}>${children}</button>
    <span class="term-tip" role="tooltip" id=${id}>${about}</span>
  </span>`;
}
