// Answer: one question to the API whose answer does not go on by itself.
import { useEffect, useState } from "./markup.js";
import { NO_ANSWER, readProblem } from "./problem.js";

const ANSWER_MOST_MS = 10_000;

async function ask(call, signal) {
  const [endpoint, words = ""] = call.split("?");
  const response = await fetch(`/v0/pipes/${endpoint}.json?${words}`, { signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MOST_MS)]) });
  if (!response.ok) return { rows: [], total: 0, problem: await readProblem(response) };
  const { data, rows_before_limit_at_least: total } = await response.json();
  return { rows: data, total, problem: null };
}

/** What *call*, "endpoint?query", is answered with, `{rows, total, problem}`; undefined until then, and for null. *attempt* asks anew. */
export function useAnswer(call, attempt) {
  const [came, setCame] = useState({ call: null, answer: undefined });
  useEffect(() => {
    if (call === null) return undefined;
    const left = new AbortController();
    const keep = (answer) => left.signal.aborted || setCame({ call, answer });
    ask(call, left.signal).then(keep, () => keep({ rows: [], total: 0, problem: NO_ANSWER }));
    return () => left.abort();
  }, [call, attempt]);
  return came.call === call ? came.answer : undefined;
}
