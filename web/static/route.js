// Route: which page the address names, and how to get to another without loading anew. Everything that a page shows is in its address.
import { useEffect, useState } from "./markup.js";
import { written } from "./query.js";

/** Where each page stands; the server has the same list. */
const PATHS = { home: "/", ranking: "/ranking", artist: "/artist", album: "/album", song: "/song", country: "/country", health: "/health" };
const PAGE_AT = Object.fromEntries(Object.entries(PATHS).map(([page, path]) => [path, page]));
const SCROLL_REST_MS = 120;

const read = () => ({ page: PAGE_AT[location.pathname] ?? "home", query: new URLSearchParams(location.search) });
const addressNow = () => location.pathname + location.search;

const listeners = new Set();
let route = read();
let address = addressNow();
let routing = false;

/** The address of *page* with *query*, as `URLSearchParams` take it. What is empty is left out. */
export function hrefOf(page, query) {
  const words = written(query);
  return PATHS[page] + (words && `?${words}`);
}

/**
 * Show *page* with *query*. `replace` leaves no step to go back to. `stay` is for controls of the page that is shown:
 * focus and scrolling are left where they are.
 */
export function go(page, query, { replace = false, stay = false } = {}) {
  const href = hrefOf(page, query);
  if (!routing) {
    location.assign(href); // another document, such as that of the API
    return;
  }
  if (href === address && stay) return;
  history[replace ? "replaceState" : "pushState"]({ top: stay ? scrollY : 0 }, "", href);
  arrive(stay ? "stay" : "new");
}

function arrive(how) {
  address = addressNow();
  route = { ...read(), how };
  for (const listener of listeners) listener(route);
}

/** `{page, query, how}` of the address; *how* it was come to: undefined at first, then "new", "stay" or "back" (or forward). */
export function useRoute() {
  const [shown, setShown] = useState(route);
  useEffect(() => {
    listeners.add(setShown);
    return () => listeners.delete(setShown);
  }, []);
  return shown;
}

/** Where the page that is come back to had been scrolled to. */
export const topKept = () => history.state?.top ?? 0;

function onClick(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin || link.hash || !(link.pathname in PAGE_AT)) return;
  event.preventDefault();
  go(PAGE_AT[link.pathname], new URLSearchParams(link.search));
}

/** Take over links and steps back within this document. */
export function startRouting() {
  routing = true;
  history.scrollRestoration = "manual"; // the browser restores before the rows are there
  document.addEventListener("click", onClick);
  addEventListener("popstate", () => {
    if (addressNow() !== address) arrive("back"); // else it was a link within the page
  });
  let rest = 0;
  addEventListener("scroll", () => {
    const at = address;
    clearTimeout(rest);
    rest = setTimeout(() => at === address && history.replaceState({ ...history.state, top: scrollY }, ""), SCROLL_REST_MS);
  });
}
