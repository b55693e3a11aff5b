// Home: puts the first page together and gives it the live numbers.
import { html, render, Term, useEffect, useState } from "./markup.js";
import { CURRENCY, exact } from "./format.js";
import { openLive } from "./live.js";
import { signIn, takeTokenFromAddress } from "./session.js";
import { freshness, Header } from "./header.js";
import { Counting } from "./counting.js";
import { ABOUT_PLAYS, Totals } from "./totals.js";
import { PerSecond, Rate } from "./per_second.js";
import { Rankings } from "./rankings.js";
import { Conservation } from "./conservation.js";
import { Empty, Failed, NeedsToken, NotReady, Standstill } from "./states.js";

const SPOKEN = {
  loading: "Loading.", token: "A token is needed.", waiting: "The server is not ready.", error: "The server does not answer as it should.", live: "Numbers are live.",
};

const Statement = () => html`<div class="statement">
  <h1>Every play counted, the second it happens.</h1>
  <p>How often each song is played, where, on which service, and what it earns: artists, labels and platforms see it within two seconds.</p>
</div>`;

function Stage({ parts }) {
  const plays = parts.totals?.rows[0]?.plays;
  const { problem } = parts.seconds ?? {};
  return html`<div class="stage">
    <div class="stage-head"><div class="stage-plays">
      <p class="stage-label"><${Term} id="about-plays" about=${ABOUT_PLAYS}>Plays<//></p>
      <p class="stage-number" style=${{ "--characters": Math.max(exact(plays ?? 0).length, 7) }}>
        ${plays === undefined ? html`<span class="bone bone-plays"></span>` : html`<${Counting} value=${plays} format=${exact} title=${exact(plays)} name="plays" />`}
      </p>
    </div>
    ${parts.seconds && !problem && html`<${Rate} rows=${parts.seconds.rows} />`}</div>
    ${problem ? html`<p class="card-said">${problem.detail}</p>` : parts.seconds ? html`<${PerSecond} rows=${parts.seconds.rows} />` : html`<div class="per-second"><span class="bone bone-graph"></span></div>`}
  </div>`;
}

function Numbers({ live, onRetry }) {
  const { parts } = live;
  const state = freshness(live);
  const empty = parts.totals?.rows[0]?.plays === 0;
  return html`
    ${(state === "offline" || (state === "stale" && !empty)) && html`<${Standstill} live=${live} state=${state} onRetry=${onRetry} />`}
    <${Stage} parts=${parts} />
    <${Totals} totals=${parts.totals?.rows[0]} />
    ${empty ? html`<${Empty} />` : html`<${Rankings} parts=${parts} />`}`;
}

function Body({ live, refused, onRetry, onSignedIn }) {
  if (live.phase === "token") return html`<${NeedsToken} problem=${refused} onSignedIn=${onSignedIn} />`;
  if (live.asOf === null && live.phase === "waiting") return html`<${NotReady} problem=${live.problem} />`;
  if (live.asOf === null && live.phase === "error") return html`<${Failed} problem=${live.problem} retryAt=${live.retryAt} onRetry=${onRetry} />`;
  return html`<${Numbers} live=${live} onRetry=${onRetry} />`;
}

function Home({ token }) {
  const [live, setLive] = useState({ phase: "loading", problem: null, parts: {}, asOf: null, retryAt: null });
  const [refused, setRefused] = useState(null);
  const [line, setLine] = useState(null);
  useEffect(() => {
    const start = async () => {
      if (token !== null) setRefused(await signIn(token));
      const opened = openLive(setLive);
      setLine(opened);
      addEventListener("hashchange", async () => {
        const another = takeTokenFromAddress();
        if (another === null) return;
        setRefused(await signIn(another));
        opened.retry();
      });
    };
    start();
  }, []);
  const onRetry = () => line.retry();
  const onSignedIn = () => (setRefused(null), line.retry());
  return html`
    <a class="skip" href="#main">To the numbers</a>
    <${Header} live=${live} />
    <main id="main" tabindex="-1" data-phase=${live.phase}>
      <${Statement} />
      <${Body} live=${live} refused=${refused} onRetry=${onRetry} onSignedIn=${onSignedIn} />
    </main>
    <footer class="footer">
      ${live.asOf !== null && html`<${Conservation} part=${live.parts.conservation} />`}
      <p class="footer-note">Times are in your time zone, days in UTC. Income in ${CURRENCY}. <a href="/docs">Every number by the API</a></p>
    </footer>
    <p class="sr" role="status">${SPOKEN[live.phase]}</p>`;
}

render(html`<${Home} token=${takeTokenFromAddress()} />`, document.getElementById("page"));
