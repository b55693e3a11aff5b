// Strips: rows of choices that scroll sideways where they do not fit.
import { useLayoutEffect, useRef } from "./markup.js";

/** Keep the element that *selector* finds in the strip in view whenever *value* changes, without scrolling the page. Returns the strip's ref. */
export function useInView(selector, value) {
  const strip = useRef(null);
  useLayoutEffect(() => {
    const chosen = strip.current.querySelector(selector);
    if (!chosen) return;
    const [box, its] = [strip.current.getBoundingClientRect(), chosen.getBoundingClientRect()];
    if (its.left < box.left || its.right > box.right) strip.current.scrollLeft += its.left + its.width / 2 - box.left - box.width / 2;
  }, [value]);
  return strip;
}
