// Days plot: draws plays a day with uPlot, as lines over axes. Knows pixels and days, nothing of the page.
import uPlot from "./vendor/uplot.mjs";
import { niceStep } from "./bars.js";
import { readColours } from "./colours.js";
import { compact, dayShort, monthName, yearName } from "./format.js";

const DAY = 86_400;
const COLOURS = { line: "--spark", fill: "--spark-fill", faded: "--spark-faded", previous: "--spark-before", grid: "--line", text: "--muted", paper: "--surface" };
const FONT = '500 12px "Instrument Sans", system-ui, sans-serif';
const LABEL_PIXELS = 78;
/** From so many days on the axis names months. */
const MONTHS_FROM = 150;
const EDGE_PIXELS = 26;

const isMonthStart = (second) => new Date(second * 1000).getUTCDate() === 1;

/** The days that the axis names, as far apart as their names need; the newest day is one of them. */
function namedDays(plot, first, last) {
  const days = Math.round((last - first) / DAY);
  const most = Math.max(Math.floor(plot.width / LABEL_PIXELS), 1);
  const all = Array.from({ length: days + 1 }, (_, ago) => last - ago * DAY).reverse();
  let named = all;
  if (days >= MONTHS_FROM) {
    const months = all.filter(isMonthStart);
    const every = [1, 2, 3, 6, 12].find((step) => months.length / step <= most) ?? 12;
    named = months.filter((second) => new Date(second * 1000).getUTCMonth() % every === 0);
  } else {
    const every = [1, 2, 3, 7, 14, 28].find((step) => days / step <= most) ?? 56;
    named = all.filter((second) => Math.round((last - second) / DAY) % every === 0);
  }
  return named.filter((second) => plot.valToPos(second, "x") >= EDGE_PIXELS || days < 2);
}

function nameDays(plot, seconds, days) {
  if (days < MONTHS_FROM) return seconds.map(dayShort);
  return seconds.map((second) => (new Date(second * 1000).getUTCMonth() === 0 ? yearName(second) : monthName(second)));
}

/** What the scale of *most* plays reaches to, and its steps; as the bars of the seconds have it. */
function levels(most) {
  const step = niceStep(Math.max(most, 4) / 3.2);
  return { step, top: step * Math.ceil((Math.max(most, 4) * 1.04) / step) };
}

export class DaysPlot {
  /** Draw in *frame*, which has a size; *onMark* is told the place of the day that is looked at, and its pixel; or null. */
  constructor(frame, onMark) {
    Object.assign(this, { frame, onMark, marked: null, points: [], running: false, colours: readColours(frame, COLOURS) });
    this.plot = new uPlot(this.#options(), [[], [], [], []], frame);
    this.sizes = new ResizeObserver(() => (this.plot.setSize(this.#size()), this.mark(this.marked)));
    this.sizes.observe(frame);
    this.recolour = () => ((this.colours = readColours(frame, COLOURS)), this.plot.redraw(false, true));
    this.themes = new MutationObserver(this.recolour);
    this.themes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
    this.system = matchMedia("(prefers-color-scheme: dark)");
    this.system.addEventListener("change", this.recolour);
    document.fonts.ready.then(() => this.plot.status === 1 && this.plot.redraw(false, true));
  }

  close() {
    this.sizes.disconnect();
    this.themes.disconnect();
    this.system.removeEventListener("change", this.recolour);
    this.plot.destroy();
  }

  /** Show *points*, `[{second, plays, previous}…]` ascending; the last one is still *running*, or is not. */
  update(points, running) {
    Object.assign(this, { points, running });
    const last = points.length - 1;
    this.top = levels(Math.max(...points.map(({ plays, previous }) => Math.max(plays, previous ?? 0)), 0));
    this.plot.setData([
      points.map(({ second }) => second),
      points.map(({ previous }) => previous ?? null),
      points.map(({ plays }, at) => (running && at === last && last > 0 ? null : plays)),
      points.map(({ plays }, at) => (running && at >= last - 1 ? plays : null)),
    ]);
    this.mark(this.marked);
  }

  /** Mark the day at *place*; null: none. */
  mark(place) {
    this.marked = place !== null && place < this.points.length ? place : null;
    const left = this.marked === null ? null : this.plot.valToPos(this.points[this.marked].second, "x");
    this.plot.setCursor(left === null ? { left: -10, top: -10 } : { left, top: 0 }, false);
    this.onMark(this.marked, left, this.plot.over.clientWidth);
  }

  /** The place of the day under *x*, pixels from the frame's left. */
  placeAt(x) {
    return this.points.length ? this.plot.posToIdx(Math.min(Math.max(x, 0), this.plot.over.clientWidth)) : null;
  }

  #size() {
    return { width: this.frame.clientWidth, height: this.frame.clientHeight };
  }

  #fading({ ctx, bbox: { top, height } }) {
    if (!(height > 0)) return this.colours.fill;
    const fading = ctx.createLinearGradient(0, top, 0, top + height);
    fading.addColorStop(0, this.colours.fill);
    fading.addColorStop(1, this.colours.faded);
    return fading;
  }

  #options() {
    const colour = (name) => () => this.colours[name];
    const line = (name, more) => ({ scale: "y", stroke: colour(name), width: 2, spanGaps: false, points: { show: () => this.points.length === 1, size: 7, fill: colour(name) }, ...more });
    const ignored = () => null;
    return {
      ...this.#size(),
      padding: [12, 0, 0, 0],
      tzDate: (second) => uPlot.tzDate(new Date(second * 1000), "Etc/UTC"),
      legend: { show: false },
      scales: {
        x: { time: true, range: (_, first, last) => (first === last ? [first - DAY, last + DAY] : [first, last]) },
        y: { range: () => [0, this.top?.top ?? 4] },
      },
      series: [
        {},
        line("previous", { width: 1.5 }),
        line("line", { fill: (plot) => this.#fading(plot) }),
        line("line", { dash: [4, 5], points: { show: true, filter: () => [this.points.length - 1], size: 7, fill: colour("line") } }),
      ],
      axes: [
        {
          stroke: colour("text"), font: FONT, size: 34, gap: 10, grid: { show: false }, ticks: { show: false },
          splits: (plot, _, first, last) => (this.points.length ? namedDays(plot, this.points[0].second, this.points.at(-1).second) : [first, last]),
          values: (plot, seconds) => nameDays(plot, seconds, this.points.length - 1),
        },
        {
          side: 1, stroke: colour("text"), font: FONT, size: 48, gap: 10, ticks: { show: false },
          grid: { stroke: colour("grid"), width: 1 },
          splits: () => Array.from({ length: Math.round((this.top?.top ?? 4) / (this.top?.step ?? 2)) + 1 }, (_, level) => level * (this.top?.step ?? 2)),
          values: (_, plays) => plays.map((level) => (level === 0 ? "0" : compact(level).replace(/[.,]0+(?=\D|$)/, ""))),
        },
      ],
      cursor: {
        y: false,
        drag: { setScale: false, x: false, y: false },
        bind: Object.fromEntries(["mousedown", "mouseup", "click", "dblclick", "mousemove", "mouseleave", "mouseenter"].map((kind) => [kind, ignored])),
        points: { size: 10, width: 2.5, fill: colour("paper"), stroke: (plot, series) => (series === 1 ? this.colours.previous : this.colours.line) },
      },
    };
  }
}
