// Growth: what the newer half of some days has more, or less, than the older half.
import { html } from "./markup.js";
import { compact, exact, signedShare } from "./format.js";

/** From this change on it is told as a multiple. */
const MULTIPLE_FROM = 9;

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/** `{before, now, share}` of *days*, plays a day, the oldest first; the share is null where there was nothing before. */
export function growthOf(days) {
  const half = Math.floor(days.length / 2);
  const [before, now] = [sum(days.slice(0, half)), sum(days.slice(half))];
  return { before, now, share: before > 0 ? now / before - 1 : null };
}

function said({ before, now, share }) {
  if (share === null) return now > 0 ? "new" : "–";
  return share < MULTIPLE_FROM ? signedShare(share) : `×${compact(now / before)}`;
}

export function Growth({ days }) {
  const growth = growthOf(days);
  const { before, now, share } = growth;
  const half = days.length / 2;
  const title = `${exact(now)} plays in the last ${half} days, ${exact(before)} in the ${half} before`;
  const way = share === null || Math.abs(share) < 0.0005 ? "none" : share > 0 ? "up" : "down";
  return html`<span class="growth" data-way=${way} title=${title}>${said(growth)}<span class="sr"> against the ${half} days before</span></span>`;
}
