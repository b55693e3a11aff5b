// Events: reads server-sent events, and what their changes make of rows. docs/live.md is the protocol.

/** Yield each event of *body* as `{name, data, id, retry}`; *onLife* is called with each sign of life, heartbeats too. */
export async function* readEvents(body, onLife) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader(); // Safari's streams are not iterable
  let rest = "";
  let event = {};
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    onLife();
    const lines = (rest + value).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line) read(line, event);
      else {
        if (Object.keys(event).length) yield event;
        event = {};
      }
    }
  }
}

function read(line, event) {
  const at = line.indexOf(": ");
  const [field, value] = [line.slice(0, at), line.slice(at + 2)];
  if (field === "event") event.name = value;
  else if (field === "data") event.data = JSON.parse(value);
  else if (field === "id") event.id = value;
  else if (field === "retry") event.retry = Number(value);
}

/**
 * The rows that *steps* make of *rows*: `[first, count]` are rows as they are, `[index, {…}]` one with other values,
 * `{…}` a new one.
 */
export function applySteps(rows, steps) {
  return steps.flatMap((step) => {
    if (!Array.isArray(step)) return [step];
    const [at, how] = step;
    return typeof how === "number" ? rows.slice(at, at + how) : [{ ...rows[at], ...how }];
  });
}
