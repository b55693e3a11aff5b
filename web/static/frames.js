// Frames: what moves is drawn with the screen's frames, but no more often than an eye needs: without a graphics card each costs a lot.

/** A frame that is so little early is not worth waiting for the next. */
const EARLY_MS = 4;

/** Call `draw(now)` at most *most* times a second, until it returns false; returns what ends it before. */
export function onFrames(most, draw) {
  let [drawn, frame] = [-Infinity, 0];
  const look = (now) => {
    if (now - drawn >= 1000 / most - EARLY_MS) {
      drawn = now;
      if (draw(now) === false) return;
    }
    frame = requestAnimationFrame(look);
  };
  frame = requestAnimationFrame(look);
  return () => cancelAnimationFrame(frame);
}
