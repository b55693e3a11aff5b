// Query: what an address says, as parameters of the API. The names are the same in both, and only this turns one into the other.

/** What narrows the rows of a page, wherever it is shown. */
export const FILTERS = ["artist", "song", "song_id", "album", "album_artist", "country", "source", "genre", "date_from", "date_to", "days"];
/** Those of them that say nothing of days. */
export const DIMENSIONS = FILTERS.filter((name) => !/^da(te|ys)/.test(name));

/** *query*, anything that `URLSearchParams` take, as it is written: without what is empty, with readable commas. */
export function written(query) {
  const kept = [...new URLSearchParams(query)].filter(([, value]) => value !== "" && value !== "undefined" && value !== "null");
  return new URLSearchParams(kept).toString().replaceAll("%2C", ",");
}

/** *query* with *changes*, `{name: value}`, in place of what it has; an empty value takes the parameter out. */
export function changed(query, changes) {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    next.delete(name);
    if (value) next.set(name, value);
  }
  return next;
}

/** Only the parameters *names* of *query*. */
export const picked = (query, names) => new URLSearchParams([...query].filter(([name]) => names.includes(name)));

/** The parameters *names* of the page's *query* for the API, after those of *more*. */
function apiQuery(query, names = FILTERS, more = {}) {
  return written([...new URLSearchParams(more), ...picked(query, names)]);
}

/** A question to the API, as subscriptions and downloads take it: "ranking_by?by=artist&country=ES". */
export function apiCall(endpoint, query, names, more) {
  const words = apiQuery(query, names, more);
  return words ? `${endpoint}?${words}` : endpoint;
}
