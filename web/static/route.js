// Route: which page the address names, and the way from one to another.
import { useEffect, useState } from "./markup.js";

const PAGES = { home: "/", ranking: "/ranking", artist: "/artist", album: "/album", song: "/song", country: "/country", health: "/health" };
const MOVED = "artist360:moved";

function read() {
  const page = Object.keys(PAGES).find((name) => PAGES[name] === location.pathname) ?? "home";
  return { page, query: Object.fromEntries(new URLSearchParams(location.search)) };
}

/** The address of *page* with *query*. */
export function hrefOf(page, query = {}) {
  const text = new URLSearchParams(query).toString();
  return PAGES[page] + (text && `?${text}`);
}

/** Show *page* with *query*, as a step that can be gone back. */
export function go(page, query = {}) {
  history.pushState(null, "", hrefOf(page, query));
  dispatchEvent(new Event(MOVED));
}

/** The page that is shown, renewed when it changes. */
export function useRoute() {
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const renew = () => setRoute(read());
    for (const name of ["popstate", MOVED]) addEventListener(name, renew);
    return () => ["popstate", MOVED].forEach((name) => removeEventListener(name, renew));
  }, []);
  return route;
}
