// Searching: asks the server what a text finds, a moment after the last letter, and no more for a text that has changed.
import { useEffect, useRef, useState } from "./markup.js";
import { address } from "./request.js";
import { NO_ANSWER, readProblem } from "./problem.js";

const LIMIT = 8;
const PAUSE_MS = 120;
const ANSWER_MOST_MS = 8000;
const KINDS = ["artist", "song", "album"];

/** The rows in groups, and which of them the server thinks best; rows of a group keep their order. */
function grouped(rows) {
  const groups = KINDS.map((kind) => ({ kind, rows: rows.filter((row) => row.kind === kind) })).filter(({ rows }) => rows.length);
  return { groups, best: groups.flatMap(({ rows }) => rows).indexOf(rows[0]) };
}

/**
 * What *asked* finds, while *wanted* is true: `{phase: "idle" | "loading" | "found" | "none" | "failed", asked, groups, best,
 * problem}` and a function that asks once more. What was found stays until something else is.
 */
export function useSearch(asked, wanted) {
  const [state, setState] = useState({ phase: "idle", asked: null, groups: [], best: -1, problem: null });
  const [tries, setTries] = useState(0);
  const had = useRef(false);
  useEffect(() => {
    if (!wanted) {
      had.current = false;
      setState({ phase: "idle", asked: null, groups: [], best: -1, problem: null });
      return undefined;
    }
    const line = new AbortController();
    let patience = null;
    const ask = async () => {
      patience = setTimeout(() => line.abort("late"), ANSWER_MOST_MS);
      try {
        const response = await fetch(address("/v0/pipes/search.json", [["q", asked], ["limit", LIMIT]]), { signal: line.signal });
        if (!response.ok) throw await readProblem(response);
        const found = grouped((await response.json()).data);
        setState({ phase: found.groups.length ? "found" : "none", asked, ...found, problem: null });
      } catch (problem) {
        if (line.signal.aborted && line.signal.reason !== "late") return; // another text is asked for
        setState({ phase: "failed", asked, groups: [], best: -1, problem: problem.detail ? problem : NO_ANSWER });
      } finally {
        clearTimeout(patience);
      }
    };
    setState((before) => ({ ...before, phase: "loading", problem: null }));
    const pause = setTimeout(ask, had.current ? PAUSE_MS : 0);
    had.current = true;
    return () => {
      clearTimeout(pause);
      clearTimeout(patience);
      line.abort("changed");
    };
  }, [asked, wanted, tries]);
  return [state, () => setTries(tries + 1)];
}
