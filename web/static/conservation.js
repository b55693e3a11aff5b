// Conservation: shows that no play was lost or counted twice on the way from the log to the page.
import { html, Term } from "./markup.js";
import { exact } from "./format.js";

const COLUMNS = ["consumed", "counted", "rejected", "stored", "watermark", "log_end", "lag"];

export const sum = (rows, column) => rows.reduce((total, row) => total + row[column], 0);
export const holds = (row) => row.consumed === row.counted + row.rejected && row.stored === row.counted;

export function Check({ good }) {
  return html`<span class="check" data-good=${good}>
    <svg viewBox="0 0 16 16" aria-hidden="true"><path d=${good ? "M3.5 8.5l3 3 6-7" : "M4 4l8 8M12 4l-8 8"} /></svg>
  </span>`;
}

const Part = ({ name, value, children }) => html`<span class="sum-part"><b data-figure=${name} data-exact=${value}>${exact(value)}</b> ${children}</span>`;

export function Conservation({ part }) {
  if (!part) return html`<p class="sum"><span class="bone bone-line"></span></p>`;
  if (part.problem) return null; // not for this token
  const { rows } = part;
  const good = rows.every(holds);
  return html`<section class="conservation" aria-labelledby="conservation-title">
    <h2 id="conservation-title"><${Check} good=${good} /> ${good ? "Nothing lost, nothing counted twice" : "The figures do not agree"}</h2>
    <div class="sum">
      <${Part} name="consumed" value=${sum(rows, "consumed")}><${Term} id="about-consumed" about="Records read from the log since its first, each exactly once.">consumed<//><//>
      <i>=</i>
      <${Part} name="counted" value=${sum(rows, "counted")}><${Term} id="about-counted" about="Records that are plays and stand in the counts.">counted<//><//>
      <i>+</i>
      <${Part} name="rejected" value=${sum(rows, "rejected")}><${Term} id="about-rejected" about="Records that cannot be counted. They are kept with their reason and can be sent again.">rejected<//><//>
      <${Part} name="stored" value=${sum(rows, "stored")}><${Term} id="about-stored" about="The sum of all rows that are stored, read in one transaction. Equals counted when nothing is lost.">stored<//><//>
      <${Part} name="lag" value=${sum(rows, "lag")}><${Term} id="about-lag" about="Records in the log that are not read yet.">lag<//><//>
    </div>
    <details>
      <summary>By partition</summary>
      <div class="partitions" tabindex="0" role="region" aria-label="Conservation by partition">
        <table>
          <thead><tr><th scope="col">partition</th>${COLUMNS.map((column) => html`<th scope="col" key=${column}>${column.replace("_", " ")}</th>`)}<th scope="col">agrees</th></tr></thead>
          <tbody>${rows.map((row) => html`<tr key=${row.partition}>
            <th scope="row">${row.partition}</th>${COLUMNS.map((column) => html`<td key=${column}>${exact(row[column])}</td>`)}
            <td><${Check} good=${holds(row)} /><span class="sr">${holds(row) ? "yes" : "no"}</span></td>
          </tr>`)}</tbody>
        </table>
      </div>
    </details>
  </section>`;
}
