// Moves: rows that glide to their new places, and how many places each has moved lately.
import { html, prefersStill, useLayoutEffect, useRef } from "./markup.js";

const MOVE_SHOWN_MS = 8000;
const GLIDE = { duration: 480, easing: "cubic-bezier(.2,.8,.2,1)", composite: "add" };

/** How many places each key has moved lately: a Map of key to places gained. */
export function useMoves(keys) {
  const past = useRef({ ranks: new Map(), moves: new Map() });
  const { ranks, moves } = past.current;
  const now = performance.now();
  const next = new Map(keys.map((key, rank) => [key, rank]));
  for (const [key, rank] of next) {
    const gained = ranks.has(key) ? ranks.get(key) - rank : 0;
    const running = moves.get(key);
    if (gained) moves.set(key, { gained: gained + (running?.until > now ? running.gained : 0), until: now + MOVE_SHOWN_MS });
    else if (running && running.until <= now) moves.delete(key);
  }
  past.current.ranks = next;
  return moves;
}

/** Let rows glide to their new places; additive, so that a move within a move stays smooth. */
export function useGlide(list, keys) {
  const tops = useRef(new Map());
  useLayoutEffect(() => {
    const next = new Map();
    for (const row of list.current.children) {
      const { key } = row.dataset;
      const [before, top] = [tops.current.get(key), row.offsetTop];
      next.set(key, top);
      if (before === undefined || before === top || prefersStill()) continue;
      row.animate([{ transform: `translateY(${before - top}px)` }, { transform: "translateY(0)" }], GLIDE);
    }
    tops.current = next;
  }, [keys.join("\n")]);
}

export function Move({ gained }) {
  if (!gained) return html`<span class="move"></span>`;
  const up = gained > 0;
  return html`<span class="move" data-way=${up ? "up" : "down"}>
    <svg viewBox="0 0 10 10" aria-hidden="true"><path d=${up ? "M5 1.5 9 8H1z" : "M5 8.5 1 2h8z"} /></svg>
    <span class="sr">${up ? "up" : "down"} ${Math.abs(gained)}</span>
  </span>`;
}
