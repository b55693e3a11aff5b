// Performance: what the last 30 days came to, in plays and in money, against the 30 days before.
import { html, Term } from "./markup.js";
import { compact, exact, exactIncome, income } from "./format.js";
import { CardActions } from "./card_actions.js";
import { Change } from "./growth.js";
import { apiCall, DIMENSIONS } from "./query.js";

const DAYS = 30;
const THE_DAYS = `The last ${DAYS} days include the running one; the change is against the ${DAYS} days before them.`;
const SHARED = "Here only the artist's share counts: a song's income is split evenly between its credited artists.";

const perThousand = (earned, plays) => (plays > 0 ? (1000 * earned) / plays : 0);

/** Each figure: `of(plays, income)` of a span. */
const FIGURES = [
  { name: "month-income", label: "Revenue", of: (_, earned) => earned, format: income, title: exactIncome,
    about: (share) => `What the plays earn, by the rate of each service and country. ${share ? SHARED : "Kept exact; rounded to cents only here."} ${THE_DAYS}` },
  { name: "month-plays", label: "Plays", of: (plays) => plays, format: compact, title: exact,
    about: () => `Every play once, however many artists share it. ${THE_DAYS}` },
  { name: "month-rate", label: "Per 1,000 plays", of: (plays, earned) => perThousand(earned, plays), format: income, title: exactIncome,
    about: (share) => `Revenue for each thousand plays: it moves with where and on which services the listeners are. ${share ? SHARED : THE_DAYS}` },
];

export const performanceCall = (query) => apiCall("evolution", query, DIMENSIONS, { days: DAYS, compare: "previous" });

const sum = (rows, column) => rows.reduce((total, row) => total + row[column], 0);

function Figure({ figure: { name, label, of, format, title, about }, rows, share }) {
  const now = rows && of(sum(rows, "plays"), sum(rows, "income"));
  const before = rows && of(sum(rows, "previous_plays"), sum(rows, "previous_income"));
  return html`<div class="total">
    <dt><${Term} id=${`about-${name}`} about=${about(share)}>${label}<//></dt>
    <dd>${rows ? html`<span class="figure" data-figure=${name} data-exact=${now} title=${title(now)}>${format(now)}</span>` : html`<span class="bone bone-figure"></span>`}</dd>
    <dd class="total-change">${rows
      ? html`<${Change} before=${before} now=${now} days=${DAYS} title=${`${title(now)}, ${title(before)} in the ${DAYS} days before`} />${before > 0 && html` <span>from ${format(before)}</span>`}`
      : html`<span class="bone"></span>`}</dd>
  </div>`;
}

/** *part* is that of `performanceCall`; of an artist's page, income is the artist's *share*. */
export function Performance({ query, part }) {
  const share = Boolean(query.get("artist"));
  return html`<section class="performance" aria-labelledby="performance-title" aria-busy=${!part}>
    <div class="section-head">
      <h2 id="performance-title">Performance</h2><p>last ${DAYS} days, against the ${DAYS} before</p>
      <${CardActions} call=${performanceCall(query)} name="Performance" />
    </div>
    ${part?.problem
      ? html`<p class="card-said">${part.problem.detail}</p>`
      : html`<dl class="totals">${FIGURES.map((figure) => html`<${Figure} key=${figure.name} figure=${figure} rows=${part?.rows} share=${share} />`)}</dl>`}
  </section>`;
}
