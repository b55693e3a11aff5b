// Home page: all that is counted, at this second and in all, and the first of every ranking.
import { html, Term } from "./markup.js";
import { exact } from "./format.js";
import { Card, cardCall } from "./card.js";
import { Conservation } from "./conservation.js";
import { Counting } from "./counting.js";
import { PerSecond, Rate } from "./per_second.js";
import { Empty } from "./states.js";
import { ABOUT_PLAYS, Totals } from "./totals.js";

const TREND = { trend: 30 };
/** The last 30 days and the 30 before, for growth. */
const TWICE = { trend: 60 };

/** The cards, by what each ranks. */
const CARDS = {
  artist: { rows: 10, more: TREND, spark: true },
  song_title: { rows: 10, more: TREND, spark: true },
  genre: { rows: 8, more: TWICE, growth: true },
  country: { rows: 8 },
  source: { rows: 8 },
};

export const title = () => "";

export const subscriptions = () => ({
  totals: "totals",
  seconds: "evolution_per_second?seconds=120",
  ...Object.fromEntries(Object.entries(CARDS).map(([by, { rows, more }]) => [by, cardCall(by, rows, "", more)])),
  conservation: "conservation",
});

/** What this is; it stands there before any number does. */
export const Head = () => html`<div class="statement">
  <h1>Every play counted, the second it happens.</h1>
  <p>How often each song is played, where, on which service, and what it earns: artists, labels and platforms see it within two seconds.</p>
</div>`;

function Stage({ parts }) {
  const plays = parts.totals?.rows[0]?.plays;
  const [{ problem }, barred] = [parts.seconds ?? {}, parts.totals?.problem];
  return html`<div class="stage">
    <div class="stage-head"><div class="stage-plays">
      <p class="stage-label"><${Term} id="about-plays" about=${ABOUT_PLAYS}>Plays<//></p>
      <p class="stage-number" style=${{ "--characters": Math.max(exact(plays ?? 0).length, 7) }}>
        ${barred ? html`<span title=${barred.detail}>–</span>` : plays === undefined ? html`<span class="bone bone-plays"></span>` : html`<${Counting} value=${plays} format=${exact} title=${exact(plays)} name="plays" />`}
      </p>
    </div>
    ${parts.seconds && !problem && html`<${Rate} rows=${parts.seconds.rows} />`}</div>
    ${problem ? html`<p class="card-said">${problem.detail}</p>` : parts.seconds ? html`<${PerSecond} rows=${parts.seconds.rows} />` : html`<div class="per-second"><span class="bone bone-graph"></span></div>`}
  </div>`;
}

export function Body({ parts }) {
  const totals = parts.totals?.rows[0];
  return html`
    <${Stage} parts=${parts} />
    ${!parts.totals?.problem && html`<${Totals} totals=${totals} />`}
    ${totals?.plays === 0
      ? html`<${Empty} />`
      : html`<div class="cards">${Object.entries(CARDS).map(([by, { rows, spark, growth }]) => html`<${Card} key=${by} by=${by} part=${parts[by]} rows=${rows} spark=${spark} growth=${growth} allPlays=${totals?.plays} />`)}</div>`}
    <${Conservation} part=${parts.conservation} />`;
}
