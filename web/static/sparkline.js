// Sparkline: a row's days as a small line.
import { html } from "./markup.js";

export const Sparkline = ({ label }) => html`<svg class="sparkline" viewBox="0 0 96 28" width="96" height="28" role="img" aria-label=${label}></svg>`;
