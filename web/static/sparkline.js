// Sparkline: a row's days as a small line, drawn from its own least to its own most; the newest is marked.
import { html } from "./markup.js";

const [WIDTH, HEIGHT, MARGIN] = [96, 28, 3];

/** *values* are numbers, the oldest first; *label* says what they show to whoever does not see it. */
export function Sparkline({ values, label }) {
  if (!values?.length) return html`<svg class="sparkline" width=${WIDTH} height=${HEIGHT} role="img" aria-label=${`${label}: nothing yet`}></svg>`;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const xOf = (index) => (values.length === 1 ? WIDTH - MARGIN : MARGIN + ((WIDTH - 2 * MARGIN) * index) / (values.length - 1));
  const yOf = (value) => (most === least ? HEIGHT / 2 : HEIGHT - MARGIN - ((HEIGHT - 2 * MARGIN) * (value - least)) / (most - least));
  const points = values.map((value, index) => `${xOf(index).toFixed(1)} ${yOf(value).toFixed(1)}`);
  const line = `M${points.join("L")}`;
  return html`<svg class="sparkline" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} width=${WIDTH} height=${HEIGHT} role="img" aria-label=${label}>
    <path class="sparkline-area" d=${`${line}V${HEIGHT}H${xOf(0).toFixed(1)}Z`} />
    <path class="sparkline-line" d=${line} />
    <circle cx=${xOf(values.length - 1)} cy=${yOf(values.at(-1))} r="2.5" />
  </svg>`;
}
