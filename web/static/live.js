// Live: keeps one stream open that carries everything on the page. The one place that knows how the numbers arrive.
import { applySteps, readEvents } from "./events.js";
import { sentence } from "./format.js";
import { useEffect, useRef, useState } from "./markup.js";
import { NO_ANSWER, readProblem } from "./problem.js";

const RETRY_MS = 1000;
const BACK_OFF_MOST_MS = 10_000;
/** How long a server may take to answer, and a stream may say nothing: its heartbeats come every ten seconds. */
const ANSWER_MOST_MS = 8000;
const SILENCE_MOST_MS = 15_000;
/** A clock that differs less than this from the server's is taken as right: the Date header counts whole seconds. */
const CLOCK_TOLERANCE_MS = 2000;
/** What it does not help to ask again. */
const FINAL = { 400: "misasked", 401: "token", 403: "barred" };
const FIRST = { phase: "loading", problem: null, asked: {}, parts: {}, asOf: null, retryAt: null };

/** Those of *parts*, which came for the subscriptions *before*, that *after* asks for too, by whatever name. */
function carried(before, parts, after) {
  const known = new Map(Object.entries(parts).map(([name, part]) => [before[name], part]));
  return Object.fromEntries(Object.entries(after).flatMap(([name, asks]) => (known.has(asks) ? [[name, known.get(asks)]] : [])));
}

/**
 * Open the stream of *subscriptions*, `{name: "endpoint?query"}`; *show* is called with each new state:
 * `{phase, problem, asked, parts: {name: {rows, total, problem}}, asOf, retryAt}`, where `phase` is "loading", "live" or
 * - "token": someone has to sign in; the problem is `ended` if numbers were seen until then;
 * - "barred": the token opens none of the parts, which all say so;
 * - "waiting": the server is not ready, or "error": it fails; both keep the last parts, if any;
 * - "misasked": it does not allow what is asked for.
 * `asked` are the subscriptions that the parts are of. Times are milliseconds of this machine's clock.
 * Returns how to `ask` for others, and how to `retry` at once.
 */
export function openLive(subscriptions, show) {
  let asked = subscriptions;
  let state = FIRST;
  let line = null; // the request that runs
  let timer = null; // the next one, or the end of the patience with this one
  let parts = {};
  let lastId = null;
  let retryMs = RETRY_MS;
  let failures = 0;
  let skew = 0;

  const publish = (change) => show((state = { ...state, ...change }));

  async function connect() {
    const mine = (line = new AbortController());
    let lived = false;
    try {
      wait(ANSWER_MOST_MS, () => mine.abort());
      const headers = { Accept: "text/event-stream", ...(lastId && { "Last-Event-ID": lastId }) };
      const response = await fetch(`/live?${new URLSearchParams(asked)}`, { signal: mine.signal, headers });
      if (line !== mine) return;
      setClock(response);
      if (!response.ok) {
        refuse(await readProblem(response), mine);
        return;
      }
      for await (const event of readEvents(response.body, () => line === mine && wait(SILENCE_MOST_MS, () => mine.abort()))) {
        if (line !== mine) return; // hidden or restarted meanwhile: nobody waits for this stream
        take(event);
        lived ||= event.name !== undefined;
      }
    } catch {
      lived = false;
    }
    if (line !== mine) return;
    if (lived) wait(retryMs, connect); // the server ended it in order: it starts anew, or another one goes on
    else fail("error", NO_ANSWER);
  }

  function wait(pause, then) {
    clearTimeout(timer);
    timer = setTimeout(then, pause);
  }

  function setClock(response) {
    const ahead = Date.parse(response.headers.get("Date") ?? "") - Date.now();
    skew = Math.abs(ahead) > CLOCK_TOLERANCE_MS ? ahead : 0;
  }

  function take({ name, data, id, retry }) {
    retryMs = retry ?? retryMs;
    if (name === "as_of") {
      [lastId, failures] = [id, 0];
      publish({ phase: "live", problem: null, asked, parts, asOf: data.as_of ? Date.parse(data.as_of) - skew : null, retryAt: null });
    } else if (name === "state") {
      if (!data.ready) publish({ phase: "waiting", problem: { status: 503, title: "Not ready", detail: sentence(data.reason) }, retryAt: null });
    } else if (name in asked) {
      parts = { ...parts, [name]: nextPart(name, data) };
    }
  }

  function nextPart(name, { changes, data, rows_before_limit_at_least: total, ...problem }) {
    if (changes) return { rows: applySteps(parts[name].rows, changes), total, problem: null };
    if (data) return { rows: data, total, problem: null };
    const detail = sentence(problem.detail.replace(`${name}: `, "")); // whose part it is of says the page
    return { rows: [], total: 0, problem: { ...problem, detail } }; // a token may be barred from one part: the others go on
  }

  function refuse(problem, mine) {
    if (line !== mine) return;
    const phase = FINAL[problem.status];
    if (!phase) {
      fail(problem.status === 503 ? "waiting" : "error", problem);
      return;
    }
    stop(); // nothing changes until someone signs in, or asks for something else
    const said = () => ({ rows: [], total: 0, problem });
    [parts, lastId] = [phase === "barred" ? Object.fromEntries(Object.keys(asked).map((name) => [name, said()])) : {}, null];
    publish({ phase, problem: { ...problem, ended: state.asOf !== null }, asked, parts, asOf: null, retryAt: null });
  }

  function fail(phase, problem) {
    failures += 1;
    // A server that starts is asked every second; one that fails, ever more rarely.
    const pause = phase === "waiting" ? RETRY_MS : Math.min(RETRY_MS * 2 ** (failures - 1), BACK_OFF_MOST_MS);
    wait(pause, connect);
    publish({ phase, problem, retryAt: Date.now() + pause });
  }

  function stop() {
    clearTimeout(timer);
    const running = line;
    line = null;
    running?.abort();
  }

  function retry() {
    stop();
    failures = 0;
    connect();
  }

  /** Ask for *next* from now on; what is asked for already stays. */
  function ask(next) {
    parts = carried(asked, parts, next);
    [asked, lastId] = [next, null];
    publish({ asked, parts, ...(["misasked", "barred"].includes(state.phase) && { phase: "loading", problem: null }) });
    if (!document.hidden && state.phase !== "token") retry();
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : state.phase !== "token" && retry()));
  show(state);
  if (!document.hidden) connect();
  return { ask, retry };
}

/**
 * `{live, retry}`: the state of the stream of *subscriptions*, which may be others with every call; null opens none yet.
 * Only parts that are asked for are in it, also while the stream is still that of the page before.
 */
export function useLive(subscriptions) {
  const [state, setState] = useState(FIRST);
  const line = useRef(null);
  useEffect(() => {
    if (!subscriptions) return;
    if (line.current) line.current.ask(subscriptions);
    else line.current = openLive(subscriptions, setState);
  }, [JSON.stringify(subscriptions)]);
  return { live: { ...state, parts: carried(state.asked, state.parts, subscriptions ?? {}) }, retry: () => line.current.retry() };
}
