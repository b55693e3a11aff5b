// Problem: what there is to say when the server does not give what was asked for.
import { sentence } from "./format.js";

/** What is said of a server that does not. */
export const NO_ANSWER = { status: 0, title: "No answer", detail: "The server does not answer. It may have been stopped." };

/** What a problem document says, or the status line when the answer is none. */
export async function readProblem(response) {
  const said = await response.json().catch(() => ({}));
  return {
    status: response.status,
    title: said.title ?? response.statusText ?? "",
    detail: sentence(said.detail ?? said.title ?? `the server answered ${response.status}`),
  };
}
