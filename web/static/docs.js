// Docs: the API as its OpenAPI document has it, as far as the reader's token reaches.
import { html, render, useEffect, useState } from "./markup.js";
import { CURRENCY } from "./format.js";
import { Example } from "./example.js";
import { Fields } from "./fields.js";
import { Header } from "./header.js";
import { readApi } from "./openapi.js";
import { NO_ANSWER, readProblem } from "./problem.js";
import { begun, pairs } from "./request.js";
import { ServerPaths } from "./server_paths.js";
import { signIn, takeTokenFromAddress } from "./session.js";
import { Failed, NeedsToken } from "./states.js";
import { prose, Statuses } from "./statuses.js";

const ANSWER_MOST_MS = 10_000;

function Rows({ columns }) {
  return html`<table class="columns">
    <thead class="sr"><tr><th scope="col">Column</th><th scope="col">Type</th></tr></thead>
    <tbody>${columns.map(({ name, words, always }) => html`<tr key=${name}>
      <th scope="row"><code>${name}</code></th><td>${words}${!always && html` <span class="asked">· when asked for</span>`}</td>
    </tr>`)}</tbody>
  </table>`;
}

function Endpoint({ endpoint, onSignedOut }) {
  const { name, about, names, formats, parameters, columns, failures } = endpoint;
  const [values, setValues] = useState(() => begun(parameters));
  const query = pairs(parameters, values);
  return html`<section class="endpoint" id=${name} aria-labelledby=${`${name}-title`}>
    <div class="endpoint-asked">
      <h2 id=${`${name}-title`}><a href=${`#${name}`}>${name}</a></h2>
      <p class="about">${about}</p>
      <p class="paths">${names.map((path, at) => html`${at > 0 && " or "}<code key=${path}>${path}</code>`)}</p>
      <h3>Parameters</h3>
      <${Fields} endpoint=${name} parameters=${parameters} values=${values} onChange=${setValues} />
    </div>
    <div class="endpoint-run"><${Example} name=${name} formats=${formats} query=${query} onSignedOut=${onSignedOut} /></div>
    <div class="endpoint-given">
      <h3>Rows</h3>
      <${Rows} columns=${columns} />
      <h3>Errors</h3>
      <${Statuses} failures=${failures} />
    </div>
  </section>`;
}

function Errors({ failures }) {
  return html`<section class="plain" id="errors" aria-labelledby="errors-title">
    <h2 id="errors-title">Errors</h2>
    <p class="about">Every error is a problem document (RFC 9457): <code>type</code>, <code>title</code>, <code>status</code> and a <code>detail</code> that says what came, what is allowed and what to do.</p>
    <dl class="listed">${failures.map(({ status, about }) => html`<div key=${status}><dt><code>${status}</code></dt><dd>${prose(about)}</dd></div>`)}</dl>
  </section>`;
}

function Intro({ about, version }) {
  return html`<div class="intro">
    <h1>Ask for any number.</h1>
    <div>
      <p>${prose(about)}</p>
      <p>The token goes in <code>Authorization: Bearer …</code>. The examples below read it from the variable <code>A360_TOKEN</code>. Income is in ${CURRENCY}.</p>
      <p><a class="document" href="/openapi.json" download="artist360-openapi.json">openapi.json</a> describes all of this to programs, as far as your token reaches. Version ${version}.</p>
    </div>
  </div>`;
}

function Contents({ endpoints }) {
  return html`<nav class="contents" aria-label="Contents">
    <ul>
      ${endpoints.map(({ name }) => html`<li key=${name}><a href=${`#${name}`}>${name}</a></li>`)}
      <li class="apart"><a href="#errors">Errors</a></li>
      <li><a href="#server">The server</a></li>
    </ul>
  </nav>`;
}

function Api({ api, onSignedOut }) {
  useEffect(() => {
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView(); // it was not there when the page opened
  }, []);
  return html`
    <${Intro} about=${api.about} version=${api.version} />
    <div class="api">
      <${Contents} endpoints=${api.endpoints} />
      <div>
        ${api.endpoints.map((endpoint) => html`<${Endpoint} key=${endpoint.name} endpoint=${endpoint} onSignedOut=${onSignedOut} />`)}
        <${Errors} failures=${api.failures} />
        <${ServerPaths} paths=${api.others} onSignedOut=${onSignedOut} />
      </div>
    </div>`;
}

/** `{phase: "ready" | "token" | "error", api, problem}` */
async function load() {
  try {
    const response = await fetch("/openapi.json", { signal: AbortSignal.timeout(ANSWER_MOST_MS) });
    if (response.ok) return { phase: "ready", api: readApi(await response.json()), problem: null };
    return { phase: response.status === 401 ? "token" : "error", api: null, problem: await readProblem(response) };
  } catch {
    return { phase: "error", api: null, problem: NO_ANSWER };
  }
}

function Docs({ token }) {
  const [state, setState] = useState({ phase: "loading", api: null, problem: null });
  const [refused, setRefused] = useState(null);
  const open = async () => setState(await load());
  useEffect(() => {
    const start = async () => {
      if (token !== null) setRefused(await signIn(token));
      await open();
    };
    start();
  }, []);
  const onSignedIn = () => (setRefused(null), open());
  const onSignedOut = () => setState({ phase: "token", api: null, problem: null });
  return html`
    <a class="skip" href="#main">To the endpoints</a>
    <${Header} page="docs" signedIn=${state.phase === "ready"} />
    <main id="main" tabindex="-1" data-phase=${state.phase} class="docs">
      ${state.phase === "loading" && html`<p class="intro"><span class="bone bone-line"></span></p>`}
      ${state.phase === "token" && html`<div class="alone"><${NeedsToken} problem=${refused} onSignedIn=${onSignedIn} /></div>`}
      ${state.phase === "error" && html`<div class="alone"><${Failed} problem=${state.problem} retryAt=${null} onRetry=${open} /></div>`}
      ${state.phase === "ready" && html`<${Api} api=${state.api} onSignedOut=${onSignedOut} />`}
    </main>`;
}

render(html`<${Docs} token=${takeTokenFromAddress()} />`, document.getElementById("page"));
