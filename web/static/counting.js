// Counting: a number that runs from its last value to its new one, so that growth can be seen.
import { html, prefersStill, useLayoutEffect, useRef } from "./markup.js";
import { onFrames } from "./frames.js";

const RUN_MS = 1000; // as long as the time between two answers: the number never rests while plays come in
const FRAMES = 15; // nobody reads the digits between

export function Counting({ value, format, title, name, className }) {
  const text = useRef(null);
  const shown = useRef(value);
  useLayoutEffect(() => {
    const [from, begun] = [shown.current, performance.now()];
    const step = (now) => {
      const done = from === value || prefersStill() ? 1 : Math.min(Math.max(now - begun, 0) / RUN_MS, 1);
      shown.current = from + (value - from) * done;
      text.current.textContent = format(done === 1 ? value : shown.current);
      return done < 1;
    };
    return step(begun) ? onFrames(FRAMES, step) : undefined;
  }, [value]);
  return html`<span class=${className} title=${title} data-figure=${name} data-exact=${value}>
    <span ref=${text} aria-hidden="true"></span><span class="sr">${title}</span>
  </span>`;
}
