// Health page: whether every record is accounted for, partition by partition, how far behind the numbers are, and what was rejected.
import { html, Term } from "./markup.js";
import { duration, exact, share, timeOfDay } from "./format.js";
import { useRenewedAnswer } from "./renewed_answer.js";
import { Check, holds, sum } from "./conservation.js";
import { freshness, useNow } from "./header.js";
import { Rejected } from "./rejected.js";

const READY_EVERY_MS = 5000;
/** A lag that fills its bar, if none is longer: a few records behind is nothing to look at. */
const LAG_BAR_LEAST = 1000;
const ABOUT = {
  consumed: "Records read from the log since its first, each exactly once.",
  counted: "Records that are plays and stand in the counts.",
  rejected: "Records that cannot be counted. They are kept with their reason and can be sent again.",
  stored: "The sum of all rows that are stored, read in one transaction. Equals counted when nothing is lost.",
  lag: "Records in the log that are not read yet.",
};
const COLUMNS = ["consumed", "counted", "rejected", "stored", "watermark", "log_end"];

export const title = () => "Health";

/** What the page shows of the live stream, by part. */
export const subscriptions = () => ({ conservation: "conservation" });

const Figure = ({ rows, name }) => html`<div class="health-figure">
  <b data-figure=${name} data-exact=${rows ? sum(rows, name) : undefined}>${rows ? exact(sum(rows, name)) : html`<span class="bone bone-figure"></span>`}</b>
  <${Term} id=${`health-${name}`} about=${ABOUT[name]}>${name}<//>
</div>`;

function Equation({ rows }) {
  return html`<div class="health-sum">
    <${Figure} rows=${rows} name="consumed" /><i aria-label="equals">=</i><${Figure} rows=${rows} name="counted" /><i aria-label="plus">+</i><${Figure} rows=${rows} name="rejected" />
    <${Figure} rows=${rows} name="stored" />
  </div>`;
}

function Verdict({ rows }) {
  if (!rows) return html`<h1>Nothing lost, nothing counted twice?</h1>`;
  const wrong = rows.filter((row) => !holds(row)).length;
  return wrong ? html`<h1>The figures of ${wrong} of ${rows.length} partitions do not agree.</h1>` : html`<h1>Nothing lost, nothing counted twice.</h1>`;
}

/** Whether the server says that its numbers are complete, how old they are, and how much is not read yet. */
function Standing({ live, rows }) {
  const [{ body, problem }] = useRenewedAnswer("/readyz", READY_EVERY_MS, live.phase);
  const now = Math.max(useNow(5), Date.now());
  const state = freshness(live, now);
  const ready = problem ? "no" : body ? "yes" : "unknown";
  const behind = rows ? sum(rows, "lag") : null;
  const missing = live.phase === "barred" ? "–" : "…"; // one that will never come, or not yet
  const items = [
    { name: "ready", state: { yes: "fresh", no: "offline", unknown: "none" }[ready], label: "Server", value: { yes: "Ready", no: problem?.status === 503 ? "Not ready" : "No answer", unknown: "…" }[ready], more: problem?.detail ?? "Its numbers are complete: /readyz answers 200." },
    { name: "freshness", state, label: "Freshness", value: live.asOf === null ? missing : `${duration((now - live.asOf) / 1000)} behind`, more: `Everything counted up to ${live.asOf === null ? "…" : timeOfDay(live.asOf / 1000)} is in these numbers.` },
    { name: "lag", state: behind === null ? "none" : "fresh", label: "Lag", value: behind === null ? missing : exact(behind), more: "Records in the log that are not read yet, over all partitions.", figure: behind },
    { name: "rejected-share", state: rows ? "fresh" : "none", label: "Rejected", value: rows ? share(sum(rows, "rejected"), sum(rows, "consumed")) || "0%" : missing, more: "Of all records consumed since the log's first." },
  ];
  return html`<dl class="health-standing">${items.map(({ name, state, label, value, more, figure }) => html`<div key=${name} data-item=${name} data-state=${state}>
    <dt><i class="dot"></i>${label}</dt><dd data-figure=${figure === undefined ? undefined : name} data-exact=${figure}>${value}</dd><dd class="health-more">${more}</dd>
  </div>`)}</dl>`;
}

function Partition({ row, most }) {
  const good = holds(row);
  return html`<tr data-partition=${row.partition}>
    <th scope="row"><span class="sr">Partition </span>${row.partition}</th>
    ${COLUMNS.map((name) => html`<td key=${name} data-column=${name} data-exact=${row[name]} data-label=${name.replace("_", " ")}>${exact(row[name])}</td>`)}
    <td class="lag" data-column="lag" data-exact=${row.lag} data-label="lag"><span class="lag-number">${exact(row.lag)}</span><span class="lag-track" aria-hidden="true"><span style=${{ transform: `scaleX(${row.lag / most})` }}></span></span></td>
    <td class="agrees" data-label="agrees"><${Check} good=${good} /><span class="sr">${good ? "yes" : "no"}</span></td>
  </tr>`;
}

function Partitions({ rows }) {
  const most = Math.max(...rows.map(({ lag }) => lag), LAG_BAR_LEAST);
  return html`<section class="health-section" aria-labelledby="partitions-title">
    <div class="health-head"><div><h2 id="partitions-title">Partitions</h2>
      <p>A partition agrees when consumed is counted and rejected together, and what is stored is what was counted.</p></div></div>
    <div class="health-partitions" tabindex="0" role="region" aria-label="Figures by partition">
      <table>
        <thead><tr><th scope="col"><span class="sr">partition</span>#</th>${COLUMNS.map((name) => html`<th scope="col" key=${name}>${name.replace("_", " ")}</th>`)}<th scope="col">lag</th><th scope="col">agrees</th></tr></thead>
        <tbody>${rows.map((row) => html`<${Partition} key=${row.partition} row=${row} most=${most} />`)}</tbody>
      </table>
    </div>
  </section>`;
}

/** *parts* and *live* are the stream's; the token may be barred from what is shown here, and is told so. */
export function Body({ parts, live }) {
  const { conservation } = parts;
  const rows = conservation && !conservation.problem ? conservation.rows : null;
  return html`<div class="health">
    <div class="statement"><${Verdict} rows=${rows} />
      <p>Every record of the log is counted or rejected, once; and every number here is a sum of what was counted.</p></div>
    <${Standing} live=${live} rows=${rows} />
    ${conservation?.problem
      ? html`<div class="health-said" data-kind="barred"><b>These figures are not open to this token</b><p>${conservation.problem.detail}</p></div>`
      : html`<div class="stage health-stage"><${Equation} rows=${rows} /></div>
          ${rows ? html`<${Partitions} rows=${rows} />` : html`<div class="health-later"></div>`}
          ${rows && html`<${Rejected} count=${sum(rows, "rejected")} />`}`}
    <p class="health-note health-links">For programs: <a href="/metrics">/metrics</a> for Prometheus, <a href="/readyz">/readyz</a> and <a href="/livez">/livez</a> for who restarts and routes, <a href="/docs#conservation">conservation</a> for audits.</p>
  </div>`;
}
