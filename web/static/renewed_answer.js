// Renewed answer: one question to the server, asked again and again while it is looked at.
import { useEffect, useRef, useState } from "./markup.js";
import { NO_ANSWER, readProblem } from "./problem.js";

const ANSWER_MOST_MS = 12_000;

/**
 * What *path* answers, while it is not null, and a function that asks again: `{body, problem, busy}`. It is asked anew each
 * *everyMs* while the page can be seen, and when *renewal* changes; a body stays until there is another.
 */
export function useRenewedAnswer(path, everyMs, renewal) {
  const [state, setState] = useState({ body: null, problem: null, busy: false });
  const ask = useRef(() => {});
  useEffect(() => {
    if (path === null) return undefined;
    let line = null;
    ask.current = async () => {
      if (line || document.hidden) return;
      const mine = (line = new AbortController());
      const patience = setTimeout(() => mine.abort("late"), ANSWER_MOST_MS);
      setState((before) => ({ ...before, busy: true }));
      try {
        const response = await fetch(path, { signal: mine.signal });
        if (!response.ok) throw await readProblem(response);
        setState({ body: await response.json(), problem: null, busy: false });
      } catch (problem) {
        if (mine.signal.reason !== "left") setState((before) => ({ ...before, problem: problem.detail ? problem : NO_ANSWER, busy: false }));
      } finally {
        clearTimeout(patience);
        line = null;
      }
    };
    ask.current();
    const timer = setInterval(() => ask.current(), everyMs);
    return () => {
      clearInterval(timer);
      line?.abort("left");
      setState((before) => ({ ...before, busy: false }));
    };
  }, [path, everyMs, renewal]);
  return [state, () => ask.current()];
}
