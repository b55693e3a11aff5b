// Live: asks for everything on the page about once a second. The one place that knows how the numbers arrive.
import { readProblem } from "./session.js";

/** What the page shows, by part. */
export const PARTS = {
  totals: "totals.json",
  seconds: "evolution_per_second.json?seconds=120",
  artist: "ranking_by.json?by=artist&limit=10",
  song_title: "ranking_by.json?by=song_title&limit=10",
  genre: "ranking_by.json?by=genre&limit=8",
  country: "ranking_by.json?by=country&limit=8",
  source: "ranking_by.json?by=source&limit=8",
  conservation: "conservation.json",
};

const TICK_MS = 1000;
const BACK_OFF_MOST_MS = 10_000;
const ANSWER_MOST_MS = 8000;
/** A clock that differs less than this from the server's is taken as right: the Date header counts whole seconds. */
const CLOCK_TOLERANCE_MS = 2000;

/**
 * Start asking; *show* is called with each new state:
 * `{phase: "loading" | "token" | "waiting" | "error" | "live", problem, parts: {name: {rows, total, problem}}, asOf, retryAt}`.
 * `waiting` is a server that is not ready, `error` one that fails; both keep the last parts, if any. Times are
 * milliseconds of this machine's clock.
 */
export function openLive(show) {
  let state = { phase: "loading", problem: null, parts: {}, asOf: null, retryAt: null };
  let timer = null;
  let asking = null;
  let failures = 0;
  let clockAhead = -Infinity;

  const publish = (change) => show((state = { ...state, ...change }));

  async function ask(path, signal) {
    const response = await fetch(`/v0/pipes/${path}`, { signal, headers: { Accept: "application/json" } });
    const sent = Date.parse(response.headers.get("Date") ?? "");
    if (sent) clockAhead = Math.max(clockAhead, sent - Date.now());
    if (!response.ok) return { problem: await readProblem(response) };
    // A body that has not changed is the browser's own copy; only the headers say until when it holds.
    return { ...(await response.json()), as_of: response.headers.get("X-As-Of") };
  }

  async function askAll(signal) {
    const answers = {};
    const askSome = (names) => Promise.all(names.map(async (name) => (answers[name] = await ask(PARTS[name], signal))));
    if (state.phase !== "live") {
      // One question finds out whether the server answers at all; eight refusals would say no more.
      await askSome(["totals"]);
      if (answers.totals.problem && answers.totals.problem.status !== 403) return answers;
    }
    await askSome(Object.keys(PARTS).filter((name) => !(name in answers)));
    return answers;
  }

  async function tick() {
    const begun = performance.now();
    const mine = (asking = new AbortController());
    const late = setTimeout(() => mine.abort(), ANSWER_MOST_MS);
    let pause;
    try {
      pause = take(await askAll(mine.signal), begun);
    } catch {
      if (asking !== mine) return; // hidden or restarted meanwhile: nobody waits for this answer
      pause = fail("error", { status: 0, title: "No answer", detail: "The server does not answer. It may have been stopped." });
    } finally {
      clearTimeout(late);
    }
    if (asking !== mine) return;
    asking = null;
    if (pause !== null && !document.hidden) timer = setTimeout(tick, pause);
  }

  function take(answers, begun) {
    const problems = Object.values(answers).map((answer) => answer.problem).filter(Boolean);
    const worst = problems.find((problem) => problem.status === 401) ?? problems.find((problem) => problem.status !== 403);
    if (worst?.status === 401) {
      publish({ phase: "token", problem: worst, parts: {}, asOf: null, retryAt: null });
      return null; // nothing changes until someone signs in
    }
    if (worst) return fail(worst.status === 503 ? "waiting" : "error", worst);
    failures = 0;
    const parts = {};
    for (const [name, answer] of Object.entries(answers)) {
      // A token may be barred from one part (403): the others go on.
      parts[name] = answer.problem
        ? { rows: [], total: 0, problem: answer.problem }
        : { rows: answer.data, total: answer.rows_before_limit_at_least, problem: null };
    }
    const asOf = Math.min(...Object.values(answers).map((answer) => Date.parse(answer.as_of)).filter(Number.isFinite));
    const skew = Math.abs(clockAhead) > CLOCK_TOLERANCE_MS && Number.isFinite(clockAhead) ? clockAhead : 0;
    publish({ phase: "live", problem: null, parts, asOf: Number.isFinite(asOf) ? asOf - skew : null, retryAt: null });
    return Math.max(TICK_MS - (performance.now() - begun), 0);
  }

  function fail(phase, problem) {
    failures += 1;
    // A server that starts is asked every second; one that fails, ever more rarely.
    const pause = phase === "waiting" ? TICK_MS : Math.min(TICK_MS * 2 ** (failures - 1), BACK_OFF_MOST_MS);
    publish({ phase, problem, retryAt: Date.now() + pause });
    return pause;
  }

  function stop() {
    clearTimeout(timer);
    const running = asking;
    asking = null;
    running?.abort();
  }

  function retry() {
    stop();
    failures = 0;
    tick();
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : state.phase !== "token" && retry()));
  show(state);
  if (!document.hidden) tick();
  return { retry };
}
