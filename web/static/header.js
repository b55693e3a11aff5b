// Header: the wordmark, the ways to the pages, the search, how fresh the numbers are, and the theme.
import { html, useEffect, useState } from "./markup.js";
import { duration, timeOfDay } from "./format.js";
import { SearchBox } from "./search_box.js";
import { signOut } from "./session.js";

export const LATE_SECONDS = 5;
export const STALE_SECONDS = 15;

/** "fresh", "late", "stale", "offline" or "none": what the age of the numbers, and the last request, amount to. */
export function freshness({ phase, asOf }, now = Date.now()) {
  if (asOf === null) return phase === "error" ? "offline" : "none";
  if (phase === "error" || phase === "waiting") return "offline";
  const age = (now - asOf) / 1000;
  if (age > STALE_SECONDS) return "stale";
  return age > LATE_SECONDS ? "late" : "fresh";
}

/** The time, renewed *times* a second. */
export function useNow(times) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000 / times);
    return () => clearInterval(timer);
  }, [times]);
  return now;
}

function Freshness({ live }) {
  const now = Math.max(useNow(5), Date.now());
  const state = freshness(live, now);
  if (live.asOf === null) {
    const words = { token: "Signed out", misasked: "Not asked", barred: "Not open", waiting: "Not ready", error: "Offline", loading: "Connecting", live: "Live" };
    return html`<p class="freshness" data-state=${state}><i class="dot"></i><span>${words[live.phase]}</span></p>`;
  }
  const title = `Everything counted up to ${new Date(live.asOf).toISOString()} is in these numbers.`;
  return html`<p class="freshness" data-state=${state} title=${title}>
    <i class="dot"></i>
    <span><span class="wide-only">${state === "offline" ? "Offline, as of" : "As of"} </span><time>${timeOfDay(live.asOf / 1000)}</time></span>
    <span class="behind">· ${duration((now - live.asOf) / 1000)} behind</span>
  </p>`;
}

const ICONS = {
  system: html`<path d="M4 5h16v11H4zM9 20h6M12 16v4" />`,
  light: html`<circle cx="12" cy="12" r="4" /><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4" />`,
  dark: html`<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4a8.5 8.5 0 1 0 10.5 10.5z" />`,
};

function ThemeToggle() {
  const [choice, setChoice] = useState(theme.current);
  const next = theme.choices[(theme.choices.indexOf(choice) + 1) % theme.choices.length];
  const label = `Theme: ${choice}. Change to ${next}`;
  return html`<button type="button" class="icon-button" aria-label=${label} title=${label} onClick=${() => setChoice(theme.choose(next))}>
    <svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[choice]}</svg>
  </button>`;
}

function SignOut() {
  const [problem, setProblem] = useState(null);
  const leave = async () => {
    const problem = await signOut();
    if (problem) setProblem(problem);
    else location.reload(); // so that no number is left in the page either
  };
  const label = problem ? `Still signed in: ${problem.detail} Sign out` : "Sign out";
  return html`<button type="button" class="icon-button sign-out" aria-label=${label} title=${label} aria-invalid=${Boolean(problem)} onClick=${leave}>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M14 4H6a1 1 0 0 0-1 1v14a1 1 0 0 0 1 1h8M10 12h10M16.5 8.5 20 12l-3.5 3.5" /></svg>
  </button>`;
}

const PLACES = [
  { page: "home", href: "/", words: "Home" },
  { page: "ranking", href: "/ranking", words: "Rankings" },
  { page: "health", href: "/health", words: "Health" },
  { page: "docs", href: "/docs", words: "API docs" },
];

function Places({ page }) {
  return html`<nav class="places" aria-label="Pages">
    ${PLACES.map((place) => html`<a key=${place.page} href=${place.href} aria-current=${place.page === page ? "page" : undefined}>${place.words}</a>`)}
  </nav>`;
}

/** *live* is what the page knows of the numbers, when it shows any; *page* names it; *signedIn* offers the way out. */
export function Header({ live, page, signedIn }) {
  return html`<header class="header">
    <div class="header-row">
      <a class="wordmark" href="/" aria-label="Artist 360, home">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <path d="M22.9 9.1a9.8 9.8 0 1 0 2.6 4.4M12.4 14.2v3.6M16 11.4v9.2M19.6 14.2v3.6" />
        </svg>
        <span>Artist <b>360</b></span>
      </a>
      <${Places} page=${page} />
      <div class="header-search"><${SearchBox} /></div>
      ${live && html`<${Freshness} live=${live} />`}
      <${ThemeToggle} />
      ${signedIn && html`<${SignOut} />`}
    </div>
  </header>`;
}
