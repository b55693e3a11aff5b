// Totals: the five figures that say how much is counted, each with its definition.
import { html, Term } from "./markup.js";
import { exact, exactIncome, income } from "./format.js";
import { Counting } from "./counting.js";

export const ABOUT_PLAYS = "Every play event counted so far, once each, all time. A song with three artists played once is one play.";

const FIGURES = [
  { name: "income", label: "Income", format: income, title: exactIncome, about: "What all plays earn, by the rate of each service and country. Kept exact; rounded to cents only here." },
  { name: "artists", label: "Artists", about: "Credited artists with at least one play. Each artist of a collaboration counts." },
  { name: "songs", label: "Songs", about: "Different songs with at least one play. Equal titles of different recordings stay apart." },
  { name: "countries", label: "Countries", about: "Countries with at least one play. Plays from an unknown country are counted, but are no country." },
  { name: "unmatched", label: "Unmatched plays", onlySome: true, about: "Plays of songs that the catalogue does not know. They are counted, without artist or album." },
];

export function Totals({ totals }) {
  const figures = FIGURES.filter(({ name, onlySome }) => !onlySome || totals?.[name] > 0);
  return html`<dl class="totals">
    ${figures.map(({ name, label, about, format = exact, title = exact }) => html`<div class="total" key=${name}>
      <dt><${Term} about=${about} id=${`about-${name}`}>${label}<//></dt>
      <dd>${totals
        ? html`<${Counting} value=${totals[name]} format=${format} title=${title(totals[name])} name=${name} className="figure" />`
        : html`<span class="bone bone-figure"></span>`}</dd>
    </div>`)}
  </dl>`;
}
