// Rejected: the newest records that could not be counted, each with its reason, its place in the log and how it begins.
import { html, useEffect, useRef, useState } from "./markup.js";
import { exact, moment } from "./format.js";
import { useRenewedAnswer } from "./renewed_answer.js";

const SHOWN = 50;
/** How often the list is looked at again, at least; it is as soon as another record is rejected, too, but not more often than RESTED. */
const EVERY_MS = 30_000;
const RESTED_MS = 5000;

function Row({ row }) {
  const { source, kind, reason, value } = row;
  const sent = source.timestamp / 1000;
  return html`<li class="rejected-row" data-place=${`${row.partition}/${row.offset}`}>
    <p class="rejected-head"><span class="rejected-kind">${kind}</span>
      <time datetime=${row.rejected} title=${`Sent ${new Date(source.timestamp).toISOString()}, rejected ${row.rejected}`}>${moment(sent)}</time>
      <span class="rejected-place" title=${`Offset ${source.offset} of partition ${source.partition} of ${source.topic}`}>partition ${source.partition}, offset ${exact(source.offset)}</span></p>
    <p class="rejected-reason">${reason}</p>
    <code class="rejected-value">${value}</code>
  </li>`;
}

const Bones = () => html`<div class="rejected-bones" aria-hidden="true">${[72, 58, 66, 50].map((width) => html`<span class="bone" key=${width} style=${{ width: `${width}%` }}></span>`)}</div>`;

/** *value*, but no more often renewed than each *pauseMs*. */
function useRested(value, pauseMs) {
  const [rested, setRested] = useState(value);
  const renewedAt = useRef(performance.now());
  useEffect(() => {
    const timer = setTimeout(() => {
      renewedAt.current = performance.now();
      setRested(value);
    }, Math.max(renewedAt.current + pauseMs - performance.now(), 0));
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

/** *count* is how many records were rejected in all; null while that is not known. */
export function Rejected({ count }) {
  const [{ body, problem, busy }, again] = useRenewedAnswer(`/v0/rejected.json?limit=${SHOWN}`, EVERY_MS, useRested(count, RESTED_MS));
  const rows = body?.data ?? [];
  return html`<section class="health-section" aria-labelledby="rejected-title" aria-busy=${busy}>
    <div class="health-head">
      <div><h2 id="rejected-title">Rejected records</h2>
        <p>${body && rows.length > 0 ? html`The newest ${exact(rows.length)}${count > rows.length && html` of ${exact(count)}`}. They are kept as they came and can be sent again.` : "What cannot be counted is kept with its reason."}</p></div>
      <button type="button" class="button button-small" disabled=${busy} onClick=${again}>${busy ? "Reading…" : "Read again"}</button>
    </div>
    ${problem && html`<div class="health-said" role="status" data-kind="error"><b>${problem.status === 403 ? "Not open to this token" : "The list cannot be read now"}</b><p>${problem.detail}</p></div>`}
    ${!body && !problem && html`<${Bones} />`}
    ${body && rows.length === 0 && html`<div class="health-said"><b>Nothing was rejected</b><p>Every record so far could be counted.</p></div>`}
    ${rows.length > 0 && html`<ol class="rejected-rows" tabindex="0" aria-label="Rejected records, the newest first">${rows.map((row) => html`<${Row} key=${`${row.partition}/${row.offset}`} row=${row} />`)}</ol>
      <p class="health-note"><code>artist360 rejected export --to FILE</code> writes all of them to edit, <code>artist360 rejected replay --from FILE</code> sends what was edited.</p>`}
  </section>`;
}
