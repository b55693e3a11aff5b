// Example: the panel beside an endpoint: the request as it is filled in, to copy, and its live answer.
import { html, useRef, useState } from "./markup.js";
import { timeOfDay } from "./format.js";
import { NO_ANSWER } from "./problem.js";
import { address, curl, curlOf, python } from "./request.js";

const ANSWER_MOST_MS = 30_000;
const STREAM_MS = 3_000; // long enough for the first turn and a change
const SHOWN_CHARACTERS = 100_000;
const LANGUAGES = { curl, Python: python };
const GET = { method: "GET", streams: false };

const weight = (bytes) => (bytes < 1000 ? `${bytes} B` : `${(bytes / 1000).toFixed(1)} kB`);

/** One of several, as radio buttons that look like one control. */
export function Segments({ name, legend, options, value, onChange }) {
  return html`<fieldset class="segments">
    <legend class="sr">${legend}</legend>
    ${options.map((option) => html`<label key=${option}>
      <input type="radio" name=${name} value=${option} checked=${option === value} onChange=${() => onChange(option)} /><span>${option}</span>
    </label>`)}
  </fieldset>`;
}

function Copy({ code, what }) {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code.current.textContent);
      setSaid("Copied");
    } catch {
      getSelection().selectAllChildren(code.current); // the clipboard is for https and this machine only
      setSaid("Selected: press Ctrl+C");
    }
    setTimeout(setSaid, 2500, "");
  };
  return html`<button type="button" class="stage-button copy" onClick=${copy}>${said || "Copy"}<span class="sr"> ${what}</span></button>`;
}

/** What comes of *body* within STREAM_MS; then it is closed. */
async function firstOf(body) {
  const reader = body.getReader();
  const closing = setTimeout(() => reader.cancel(), STREAM_MS);
  const chunks = [];
  for (let read = await reader.read(); !read.done; read = await reader.read()) chunks.push(read.value);
  clearTimeout(closing);
  return new Blob(chunks).arrayBuffer();
}

async function ask(url, streams) {
  const begun = performance.now();
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_MOST_MS) });
  const body = await (streams ? firstOf(response.body) : response.arrayBuffer());
  const type = (response.headers.get("Content-Type") ?? "").split(";")[0];
  return {
    url,
    status: response.status,
    words: response.statusText,
    ms: Math.round(performance.now() - begun),
    size: body.byteLength,
    asOf: response.headers.get("X-As-Of"),
    text: readable(type, body),
  };
}

/** What is shown of a *body*: JSON with its lines, other text as it came, null for what is no text. */
function readable(type, body) {
  if (!/json|^text\//.test(type)) return null;
  const text = new TextDecoder().decode(body);
  return /[/+]json$/.test(type) ? lines(JSON.parse(text)) : text;
}

const line = (value) => JSON.stringify(value, null, 1).replace(/\n */g, " ");

/** An object with each of its fields, and each item of a list in it, on a line of its own. */
function lines(whole) {
  const fields = Object.entries(whole).map(([name, value]) => {
    const list = Array.isArray(value) && value.length > 0;
    return `  ${JSON.stringify(name)}: ${list ? `[\n${value.map((item) => `    ${line(item)}`).join(",\n")}\n  ]` : line(value)}`;
  });
  return `{\n${fields.join(",\n")}\n}`;
}

function Answer({ answer, name, kind, streams }) {
  const { status, words, ms, size, asOf, text, url } = answer;
  const more = text === null ? 0 : text.length - SHOWN_CHARACTERS;
  return html`<div class="answer" data-status=${status}>
    <div class="answer-head">
      <p><b class="status" data-good=${status < 400}>${status} ${words}</b> <span>${ms} ms</span> <span>${weight(size)}</span>${asOf && html` <span>as of ${timeOfDay(Date.parse(asOf) / 1000)}</span>`}</p>
      ${status < 400 && !streams && html`<a class="stage-button" href=${url} download=${`${name}.${kind}`}>Download</a>`}
    </div>
    ${text !== null && html`<pre class="body" tabindex="0" role="region" aria-label=${`The answer of ${name}`}><code>${text.slice(0, SHOWN_CHARACTERS)}</code></pre>`}
    ${text === null && html`<p class="answer-note">No text: download it, or read it with DuckDB, pandas or Spark.</p>`}
    ${status < 400 && streams && html`<p class="answer-note">The first ${STREAM_MS / 1000} seconds: the page has closed the stream, which goes on for whoever listens.</p>`}
    ${more > 0 && html`<p class="answer-note">${more.toLocaleString()} more characters are in the download.</p>`}
  </div>`;
}

/**
 * Run and copy a request for the endpoint *name*, or for another *operation*: what only asks can be run, of a stream the first
 * seconds. *onSignedOut* is called when the answer is 401.
 */
export function Example({ name, formats, query, operation, onSignedOut }) {
  const { method, streams } = operation ?? GET;
  const languages = operation ? { curl: curlOf(operation) } : LANGUAGES;
  const [kind, setKind] = useState(formats[0].kind);
  const [language, setLanguage] = useState("curl");
  const [answer, setAnswer] = useState(null);
  const [state, setState] = useState({ busy: false, trouble: "" });
  const code = useRef(null);
  const { path, about } = formats.find((format) => format.kind === kind);

  const run = async () => {
    setState({ busy: true, trouble: "" });
    try {
      const came = await ask(address(path, query), streams);
      setAnswer(came);
      setState({ busy: false, trouble: "" });
      if (came.status === 401) onSignedOut();
    } catch {
      setAnswer(null);
      setState({ busy: false, trouble: NO_ANSWER.detail });
    }
  };
  const onSubmit = (event) => {
    event.preventDefault();
    if (method === "GET") run();
  };
  const said = state.busy ? "Asking…" : state.trouble || (answer ? `Answered with ${answer.status}.` : "");
  return html`<form class="example" id=${`run-${name}`} onSubmit=${onSubmit} aria-label=${`Example of ${name}`}>
    ${method === "GET" && html`<div class="example-head">
      ${formats.length > 1 && html`<${Segments} name=${`${name}-format`} legend="Format" options=${formats.map((format) => format.kind)} value=${kind} onChange=${setKind} />`}
      <button type="submit" class="run" disabled=${state.busy}>${state.busy ? "Asking…" : "Run"}</button>
    </div>`}
    <p class="address"><b>${method}</b> ${address(path, query)}</p>
    <p class="answer-note">${about}</p>
    <div class="example-head">
      <${Segments} name=${`${name}-language`} legend="Language" options=${Object.keys(languages)} value=${language} onChange=${setLanguage} />
      <${Copy} code=${code} what=${`the ${language} code`} />
    </div>
    <pre tabindex="0" role="region" aria-label=${`As ${language}: ${name}`}><code ref=${code}>${languages[language](path, query)}</code></pre>
    ${state.trouble && html`<p class="trouble">${state.trouble}</p>`}
    ${answer && html`<${Answer} answer=${answer} name=${name} kind=${kind} streams=${streams} />`}
    <p class="sr" role="status">${said}</p>
  </form>`;
}
