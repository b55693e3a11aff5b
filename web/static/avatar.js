// Avatar: an artist's initials on colours that follow from the name, so that they stay the same everywhere.
import { html } from "./markup.js";
import { initials } from "./format.js";

/** Pairs that carry white letters at 4.5:1 or better. */
const PAIRS = [
  ["#3d5a14", "#6b7f0c"], ["#0b5d4c", "#1b7f4f"], ["#0a5470", "#197d86"], ["#123f83", "#2f6fbe"],
  ["#3a2f8f", "#6a55c9"], ["#5e2384", "#9a43b5"], ["#86174f", "#c03a77"], ["#8c1d2c", "#c74a3a"],
  ["#7a3a08", "#b0620f"], ["#5b4a10", "#8a700f"], ["#33413a", "#66746a"], ["#20243f", "#545c8a"],
];

/** FNV-1a: spreads similar names over all pairs. */
function hash(text) {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193) >>> 0;
  return value;
}

export function Avatar({ name }) {
  const number = hash(name);
  const [from, to] = PAIRS[number % PAIRS.length];
  const turn = 110 + ((number >>> 8) % 70);
  return html`<span class="avatar" aria-hidden="true" style=${{ backgroundImage: `linear-gradient(${turn}deg, ${from}, ${to})` }}>${initials(name)}</span>`;
}
