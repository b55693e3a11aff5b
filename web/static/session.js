// Session: trades a token for a cookie that scripts cannot read, so that no token stands in an address or in storage; and gives it back.
import { NO_ANSWER, readProblem } from "./problem.js";

const ANSWER_MOST_MS = 8000;

async function ask(request) {
  try {
    const response = await fetch("/session", { ...request, signal: AbortSignal.timeout(ANSWER_MOST_MS) });
    return response.ok ? null : await readProblem(response);
  } catch {
    return NO_ANSWER;
  }
}

/** Sign in with *token*. Returns null, or the problem that the server reports. */
export const signIn = (token) => ask({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ token: token.trim() }) });

/** Sign out: only the server can take the cookie away. Returns null, or the problem that it reports. */
export const signOut = () => ask({ method: "DELETE" });

/** Take the token out of the address (`#token=…`) before anything can copy it. Returns it, or null. */
export function takeTokenFromAddress() {
  const token = /^#(?:.*&)?token=([^&]*)/.exec(location.hash)?.[1];
  if (token === undefined) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return decodeURIComponent(token);
}
