// Server paths: what the server answers beside the endpoints, each with its parameters and a request to run or to copy.
import { html, useState } from "./markup.js";
import { Example } from "./example.js";
import { Fields } from "./fields.js";
import { begun, pairs } from "./request.js";
import { prose, Statuses } from "./statuses.js";

function ServerPath({ operation, onSignedOut }) {
  const { name, method, path, about, parameters, open, body, kind, answer, failures } = operation;
  const [values, setValues] = useState(() => begun(parameters));
  return html`<section class="endpoint operation" id=${name} aria-labelledby=${`${name}-title`}>
    <div class="endpoint-asked">
      <h3 id=${`${name}-title`}><a href=${`#${name}`}>${method} ${path}</a></h3>
      <p class="about">${prose(about)}${open && !body ? " Needs no token." : ""}</p>
      ${parameters.length > 0 && html`<h4>Parameters</h4>
        <${Fields} endpoint=${name} parameters=${parameters} values=${values} onChange=${setValues} />`}
      ${body && html`<h4>Body, as JSON</h4>
        <table class="columns"><tbody>${body.map(({ name, words }) => html`<tr key=${name}><th scope="row"><code>${name}</code></th><td>${words}</td></tr>`)}</tbody></table>`}
    </div>
    <div class="endpoint-run">
      <${Example} name=${name} formats=${[{ kind, path, about: `${answer.status}: ${answer.about}` }]} query=${pairs(parameters, values)} operation=${operation}
        onSignedOut=${onSignedOut} />
    </div>
    <div class="endpoint-given">
      <h4>Errors</h4>
      <${Statuses} failures=${failures} />
    </div>
  </section>`;
}

/** What `readApi` has as `others`. */
export function ServerPaths({ paths, onSignedOut }) {
  return html`<section class="plain" id="server" aria-labelledby="server-title">
    <h2 id="server-title">The server</h2>
    ${paths.map((operation) => html`<${ServerPath} key=${operation.name} operation=${operation} onSignedOut=${onSignedOut} />`)}
  </section>`;
}
