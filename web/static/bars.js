// Bars: draws plays per second on a canvas, sliding with the clock. Knows pixels and seconds, nothing of the page.
import { compact, timeOfDay } from "./format.js";

const SPAN_SECONDS = 120;
const GUTTER = { right: 46, bottom: 28, top: 12 };
const GRAPH_FONT = '500 12px "Instrument Sans", system-ui, sans-serif';
/** Share of its error that the window's right edge corrects in a second: too little to be seen. */
const STEER = 0.3;
/** An edge that is off by more is set right at once: the page was hidden, or the server away. */
const JUMP_SECONDS = 6;
/** Room for a later answer, while it is not known how late they come. */
const SPARE = 0.8;
/** How fast the edge comes nearer to the present again, seconds a second, once answers are punctual. */
const RECOVER = 0.02;

/** The smallest of 1, 2, 2.5, 5 × 10ⁿ that is at least *least*. */
export function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 1)));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= least && Number.isInteger(step)) ?? 1;
}

export class Bars {
  /** *colours* names CSS colours: `{bar, old, ink, line, text}`. */
  constructor(canvas, colours) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.colours = colours;
    this.plays = new Map();
    this.heights = new Map();
    this.newest = null;
    this.newestAt = null;
    this.edge = null;
    /** How far the edge stays behind the clock: as much as the latest of the recent answers, so that it never waits. */
    this.behind = null;
    this.top = null;
    this.drawnAt = null;
  }

  /** Take *points*, `[{second, plays}…]` ascending, that came at *now* (milliseconds). */
  update(points, now) {
    this.plays = new Map(points.map(({ second, plays }) => [second, plays]));
    const newest = points.length ? points.at(-1).second : null;
    if (newest !== this.newest) this.#follow(newest, now / 1000);
    for (const second of this.heights.keys()) if (!this.plays.has(second)) this.heights.delete(second);
    const most = Math.max(...points.map(({ plays }) => plays), 4);
    this.step = niceStep(most / 3.2);
    this.goal = this.step * Math.ceil((most * 1.04) / this.step);
    this.top ??= this.goal;
  }

  #follow(newest, at) {
    const late = this.newest === null ? Infinity : at - (this.newest + 1);
    this.behind -= RECOVER * (at - (this.newestAt ?? at));
    if (Math.abs(late - this.behind) > JUMP_SECONDS) this.behind = at - newest + SPARE; // a second from now the next is due
    else this.behind = Math.max(this.behind, late);
    this.newest = newest;
    this.newestAt = at;
  }

  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    const scale = Math.min(devicePixelRatio || 1, 3);
    this.canvas.width = Math.round(clientWidth * scale);
    this.canvas.height = Math.round(clientHeight * scale);
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.width = clientWidth - GUTTER.right;
    this.height = clientHeight - GUTTER.top - GUTTER.bottom;
  }

  /** The second under *x*, or null where there is none. */
  secondAt(x) {
    if (this.edge === null || x < 0 || x > this.width) return null;
    const second = Math.floor(this.edge - ((this.width - x) / this.width) * SPAN_SECONDS);
    return this.plays.has(second) ? second : null;
  }

  /** Where the middle of *second* stands. */
  xOf(second) {
    return this.width - ((this.edge - second - 0.5) * this.width) / SPAN_SECONDS;
  }

  /** Draw the state at *now* (milliseconds); `still` shows whole seconds without motion. */
  draw(now, { still, marked }) {
    if (this.newest === null || !(this.width > 0)) return;
    const passed = this.drawnAt === null ? 0 : Math.min(Math.max((now - this.drawnAt) / 1000, 0), 1); // a frame's time may be before a drawing between frames
    this.drawnAt = now;
    this.#slide(now / 1000, passed, still);
    const { context, canvas } = this;
    context.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    context.font = GRAPH_FONT;
    this.#levels();
    this.#seconds();
    this.#bars(passed, still, marked);
  }

  #slide(now, passed, still) {
    const end = this.newest + 1;
    const goal = Math.min(now - this.behind, end);
    const error = this.edge === null ? Infinity : goal - this.edge;
    if (still) this.edge = end;
    else if (Math.abs(error) > JUMP_SECONDS) this.edge = goal;
    else this.edge = Math.min(this.edge + passed * Math.max(1 + STEER * error, 0), end);
    this.top = still ? this.goal : this.top + (this.goal - this.top) * (1 - Math.exp(-passed * 5));
  }

  #yOf(plays) {
    return GUTTER.top + this.height * (1 - plays / this.top);
  }

  #levels() {
    const { context, colours } = this;
    context.textAlign = "left";
    context.textBaseline = "middle";
    for (let level = 0; level <= this.goal; level += this.step) {
      const y = Math.round(this.#yOf(level)) + 0.5;
      if (y < 0) continue;
      context.fillStyle = colours.line;
      context.fillRect(0, y - 0.5, this.width, 1);
      context.fillStyle = colours.text;
      context.fillText(level === 0 ? "0" : compact(level).replace(/[.,]0+(?=\D|$)/, ""), this.width + 12, y);
    }
  }

  #seconds() {
    const { context, colours } = this;
    const every = this.width < 520 ? 60 : 30;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    for (let second = Math.ceil((this.edge - SPAN_SECONDS) / every) * every; second <= this.edge; second += every) {
      const x = this.xOf(second - 0.5);
      const room = Math.min(x - 26, this.width - 8 - x); // a label fades where it would be cut
      if (room <= 0) continue;
      context.globalAlpha = Math.min(room / 24, 1);
      context.fillStyle = colours.text;
      context.fillText(timeOfDay(second), x, GUTTER.top + this.height + 22);
      context.globalAlpha = 1;
    }
  }

  #bars(passed, still, marked) {
    const { context, colours, width, height } = this;
    const slot = width / SPAN_SECONDS;
    const bar = Math.max(slot * 0.66, 1);
    const fade = context.createLinearGradient(0, 0, width, 0);
    fade.addColorStop(0, colours.old);
    fade.addColorStop(0.85, colours.bar);
    context.save();
    context.beginPath();
    context.rect(0, 0, width, GUTTER.top + height);
    context.clip();
    for (const [second, plays] of this.plays) {
      const before = this.heights.get(second) ?? 0;
      const now = still ? plays : before + (plays - before) * (1 - Math.exp(-passed * 7));
      this.heights.set(second, now);
      const tall = Math.max((height * now) / this.top, plays > 0 ? 1.5 : 0);
      context.fillStyle = second === marked ? colours.ink : fade;
      context.beginPath();
      context.roundRect(this.xOf(second) - bar / 2, GUTTER.top + height - tall, bar, tall, [Math.min(bar / 2, 3), Math.min(bar / 2, 3), 0, 0]);
      context.fill();
    }
    context.restore();
  }
}
