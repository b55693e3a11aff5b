// States: what stands in place of numbers, or above them, when there are none or they have stopped.
import { html, useEffect, useRef, useState } from "./markup.js";
import { signIn } from "./session.js";
import { duration, sentence } from "./format.js";
import { useNow } from "./header.js";

/** *title* and *children* say what is the matter, and *actions* what can be done. */
export function Notice({ kind, title, children, actions }) {
  return html`<section class="notice" data-kind=${kind} aria-labelledby="notice-title">
    <h2 id="notice-title">${title}</h2>
    <div class="notice-text">${children}</div>
    ${actions && html`<div class="notice-actions">${actions}</div>`}
  </section>`;
}

/** Asks for the token. *problem* is what the last attempt met with, null when none was made. */
export function NeedsToken({ problem, onSignedIn }) {
  const [said, setSaid] = useState(problem);
  const [busy, setBusy] = useState(false);
  const field = useRef(null);
  useEffect(() => setSaid(problem), [problem]);
  useEffect(() => field.current.focus({ preventScroll: true }), []);
  const onSubmit = async (event) => {
    event.preventDefault();
    setBusy(true);
    const problem = await signIn(field.current.value);
    setBusy(false);
    setSaid(problem);
    if (problem) field.current.select();
    else onSignedIn();
  };
  return html`<${Notice} kind="token" title="Sign in with a token">
    <p>It is printed by <code>artist360 up</code> and stands in <code>data/admin.token</code>. It is traded for a cookie and not kept in this page.</p>
    <form class="token-form" onSubmit=${onSubmit}>
      <input type="text" name="username" autocomplete="username" value="artist360" hidden />
      <label for="token">Token</label>
      <div class="token-row">
        <input id="token" name="token" type="password" autocomplete="current-password" required spellcheck="false" ref=${field}
          aria-invalid=${Boolean(said)} aria-describedby="token-said" placeholder="Paste it here" />
        <button type="submit" class="button" disabled=${busy}>${busy ? "Signing in…" : "Sign in"}</button>
      </div>
      <p id="token-said" class="token-said" role="alert">${said?.detail}</p>
    </form>
  <//>`;
}

export function NotReady({ problem }) {
  return html`<${Notice} kind="waiting" title="Getting ready">
    <p class="reason">${problem.detail}</p>
    <p>The numbers appear here by themselves as soon as they are complete.</p>
  <//>`;
}

function RetryIn({ retryAt }) {
  const seconds = Math.ceil((retryAt - useNow(4)) / 1000);
  return seconds > 0 ? html`<span class="retry-in">Trying again in ${seconds} s</span>` : html`<span class="retry-in">Trying again…</span>`;
}

export function Failed({ problem, retryAt, onRetry }) {
  const actions = html`<button type="button" class="button" onClick=${onRetry}>Try again</button>${retryAt && html`<${RetryIn} retryAt=${retryAt} />`}`;
  return html`<${Notice} kind="error" title=${problem.status ? "The server reports an error" : "No answer from the server"} actions=${actions}>
    <p class="reason">${problem.detail}</p>
  <//>`;
}

/** The address asks for something that the API does not allow. */
export function Misasked({ problem }) {
  const actions = html`<a class="button" href=${location.pathname}>Open it without</a>`;
  return html`<${Notice} kind="misasked" title="This address cannot be answered" actions=${actions}>
    <p class="reason">${sentence(problem.detail.replace(/^\w+: /, ""))}</p>
    <p>The address says ${[...new URLSearchParams(location.search)].map(([name, value]) => html`<code key=${name}>${name}=${value}</code> `)}</p>
  <//>`;
}

export function Empty() {
  return html`<${Notice} kind="empty" title="No plays yet">
    <p>Everything works; nobody has played anything. Send a few plays, and watch them arrive here within two seconds:</p>
    <pre><code>artist360 produce --count 1000</code></pre>
    <p>Or send your own to the Kafka topic <code>songplays</code>, one JSON object a play.</p>
  <//>`;
}

/** A line over the page while its numbers stand still; it moves nothing. */
export function Standstill({ live, state, onRetry }) {
  const now = useNow(1);
  if (state === "stale") {
    return html`<div class="standstill" data-kind="stale"><p><b>The numbers stand still.</b> They hold the plays until ${duration((now - live.asOf) / 1000)} ago: counting has stopped or has fallen behind.</p></div>`;
  }
  const what = live.phase === "waiting" ? "The server is getting ready." : live.problem.status ? "The server reports an error." : "The connection is lost.";
  return html`<div class="standstill" data-kind="offline">
    <p><b>${what}</b> ${live.problem.detail} What you see is from ${duration((now - live.asOf) / 1000)} ago.</p>
    <button type="button" class="button button-small" onClick=${onRetry}>Try again</button>
    ${live.retryAt && html`<${RetryIn} retryAt=${live.retryAt} />`}
  </div>`;
}
