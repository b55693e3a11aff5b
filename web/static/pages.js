// Pages: what there is to see, by the name that its route has.
//
// A page is a module with `title(query, parts)`, `subscriptions(query, found)` and the component `Body({query, parts, live, found,
// onRetry})`, where *query* are the address's parameters and *parts* what came for the subscriptions so far. It may have
// `asksFirst(query)`, a question ("endpoint?query", or null) whose answer is then *found*, and `Head`, shown above whatever the state is.
import * as album from "./album_page.js";
import * as artist from "./artist_page.js";
import * as country from "./country_page.js";
import * as health from "./health_page.js";
import * as home from "./home.js";
import * as ranking from "./ranking.js";
import * as song from "./song_page.js";

export const PAGES = { home, ranking, artist, album, song, country, health };
