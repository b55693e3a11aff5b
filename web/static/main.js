// Main: the frame around every page: it gives the page of the address its numbers, or says why there are none.
import { html, render, useEffect, useLayoutEffect, useState } from "./markup.js";
import { useAnswer } from "./answer.js";
import { CURRENCY } from "./format.js";
import { freshness, Header } from "./header.js";
import { useLive } from "./live.js";
import { PAGES } from "./pages.js";
import { startRouting, topKept, useRoute } from "./route.js";
import { signIn, takeTokenFromAddress } from "./session.js";
import { Failed, Misasked, NeedsToken, NotReady, Standstill } from "./states.js";

const SPOKEN = {
  loading: "Loading.", token: "A token is needed.", waiting: "The server is not ready.", misasked: "The address cannot be answered.", barred: "The token does not open these numbers.", error: "The server does not answer as it should.", live: "Numbers are live.",
};

/** `{ready, refused, onSignedIn}`: whether the *token* of the address, if there was one, is traded in; what that met with. */
function useSession(token, retry) {
  const [ready, setReady] = useState(token === null);
  const [refused, setRefused] = useState(null);
  useEffect(() => {
    const trade = async (token) => {
      setRefused(await signIn(token));
      setReady(true);
    };
    if (token !== null) trade(token);
    const onHash = async () => {
      const another = takeTokenFromAddress();
      if (another === null) return;
      await trade(another);
      retry.current();
    };
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);
  return { ready, refused, onSignedIn: () => (setRefused(null), retry.current()) };
}

/** Name the document after its page, and take focus and scrolling to where a reader of a new document would find them. */
function useArrival(route, title) {
  useLayoutEffect(() => {
    document.title = title ? `${title} · Artist 360` : "Artist 360";
  }, [title]);
  useLayoutEffect(() => {
    if (route.how === "stay") return;
    if (route.how) document.getElementById("main").focus({ preventScroll: true });
    scrollTo(0, topKept());
  }, [route]);
}

function Contents({ page, route, live, found, session, onRetry }) {
  const { Body } = page;
  if (live.phase === "token") return html`<${NeedsToken} problem=${session.refused ?? (live.problem.ended ? live.problem : null)} onSignedIn=${session.onSignedIn} />`;
  if (live.asOf === null && live.phase === "waiting") return html`<${NotReady} problem=${live.problem} />`;
  if (live.phase === "misasked") return html`<${Misasked} problem=${live.problem} />`;
  if (live.asOf === null && live.phase === "error") return html`<${Failed} problem=${live.problem} retryAt=${live.retryAt} onRetry=${onRetry} />`;
  const state = freshness(live);
  const empty = live.parts.totals?.rows[0]?.plays === 0;
  return html`
    ${(state === "offline" || (state === "stale" && !empty)) && html`<${Standstill} live=${live} state=${state} onRetry=${onRetry} />`}
    <${Body} key=${route.page} query=${route.query} parts=${live.parts} live=${live} found=${found} onRetry=${onRetry} />`;
}

const retry = { current: null };

function Dashboard({ token }) {
  const route = useRoute();
  const page = PAGES[route.page];
  const [attempt, setAttempt] = useState(0);
  const session = useSession(token, retry);
  const found = useAnswer(session.ready ? (page.asksFirst?.(route.query) ?? null) : null, attempt);
  const { live, retry: reopen } = useLive(session.ready ? page.subscriptions(route.query, found) : null);
  const onRetry = (retry.current = () => (setAttempt(attempt + 1), reopen()));
  const title = page.title(route.query, live.parts);
  useArrival(route, title);
  return html`
    <a class="skip" href="#main">To the numbers</a>
    <${Header} live=${live} page=${route.page} signedIn=${live.phase !== "token"} />
    <main id="main" tabindex="-1" data-phase=${live.phase} data-page=${route.page}>
      ${page.Head && html`<${page.Head} />`}
      <${Contents} page=${page} route=${route} live=${live} found=${found} session=${session} onRetry=${onRetry} />
    </main>
    <footer class="footer">
      <p class="footer-note">Times are in your time zone, days in UTC. Income in ${CURRENCY}. <a href="/docs">Every number by the API</a></p>
    </footer>
    <p class="sr" role="status">${SPOKEN[live.phase]}</p>`;
}

const token = takeTokenFromAddress();
startRouting();
render(html`<${Dashboard} token=${token} />`, document.getElementById("page"));
