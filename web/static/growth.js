// Growth: what the newer half of some days has more, or less, than the older half.
import { html } from "./markup.js";
import { compact, exact, signedShare } from "./format.js";

/** From this change on it is told as a multiple. */
const MULTIPLE_FROM = 9;

const shareOf = (before, now) => (before > 0 ? now / before - 1 : null);
const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** `{before, now, share}` of *days*, plays a day, the oldest first; the share is null where there was nothing before. */
function growthOf(days) {
  const half = Math.floor(days.length / 2);
  const [before, now] = [sum(days.slice(0, half)), sum(days.slice(half))];
  return { before, now, share: shareOf(before, now) };
}

function said({ before, now, share }) {
  if (share === null) return now > 0 ? "new" : "–";
  return share < MULTIPLE_FROM ? signedShare(share) : `×${compact(now / before)}`;
}

/** The change from *before* to *now*, sums of as many *days* each, which *title* says in full. */
export function Change({ before, now, days, title }) {
  const growth = { before, now, share: shareOf(before, now) };
  const way = growth.share === null || Math.abs(growth.share) < 0.0005 ? "none" : growth.share > 0 ? "up" : "down";
  return html`<span class="growth" data-way=${way} title=${title}>${said(growth)}<span class="sr"> against the ${days} days before</span></span>`;
}

export function Growth({ days }) {
  const { before, now } = growthOf(days);
  const half = days.length / 2;
  const title = `${exact(now)} plays in the last ${half} days, ${exact(before)} in the ${half} before`;
  return html`<${Change} before=${before} now=${now} days=${half} title=${title} />`;
}
