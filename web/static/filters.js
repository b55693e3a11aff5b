// Filters: service, country and period of a page, kept in its address.
import { html, useRef } from "./markup.js";
import { countryName, genreName, platformName } from "./format.js";
import { Flag } from "./flags.js";
import { Pills } from "./pills.js";
import { changed } from "./query.js";
import { go, hrefOf } from "./route.js";

/** What pages with filters subscribe to: everything that can be chosen, however the page is narrowed. */
export const FILTER_CALLS = { services: "ranking_by?by=source&limit=100", places: "ranking_by?by=country&limit=300" };

const PERIODS = [{ value: "7", label: "7 d" }, { value: "30", label: "1 m" }, { value: "", label: "All" }];
const SEVERAL = "several";
/** Choices of one control that follow one another faster are one step: with the keyboard one goes over others to get to one. */
const STEP_MS = 1500;

const placeName = (country) => (/^[a-z]{2}$/i.test(country) ? countryName(country.toUpperCase()) : country);

/** The values of *name* in *query* as the one that a control shows, with its label when the control cannot have it. */
function chosen(query, name, label) {
  const values = query.getAll(name).filter(Boolean);
  if (values.length > 1) return { value: SEVERAL, label: values.map(label).join(" + ") };
  return { value: values[0] ?? "", label: values[0] ? label(values[0]) : "" };
}

/** *options* with the *one* that is chosen, if it is not one of them. */
const including = (options, one) => (options.some(({ value }) => value === one.value) ? options : [...options, one]);

/** *values* in the order in which they were first seen: they do not change places under the pointer. */
function useFirstOrder(values) {
  const seen = useRef([]);
  seen.current = [...seen.current, ...values.filter((value) => !seen.current.includes(value))];
  return seen.current.filter((value) => values.includes(value));
}

function Services({ part, query, onChange }) {
  const one = chosen(query, "source", platformName);
  const names = useFirstOrder((part?.rows ?? []).map(({ source }) => source).filter(Boolean));
  const value = names.find((name) => name === one.value.toLowerCase()) ?? one.value;
  const options = [{ value: "", label: "All" }, ...names.map((name) => ({ value: name, label: platformName(name) }))];
  return html`<${Pills} name="source" legend="Platform" value=${value} options=${including(options, { ...one, value })} busy=${!part} onChange=${onChange} />`;
}

function Places({ part, query, onChange }) {
  const one = chosen(query, "country", placeName);
  const value = one.value.length === 2 ? one.value.toUpperCase() : one.value;
  const options = (part?.rows ?? []).map(({ country }) => ({ value: country, label: countryName(country) }));
  options.sort((one, other) => one.label.localeCompare(other.label));
  return html`<label class="choice">
    <span class="sr">Country</span>
    ${value.length === 2 ? html`<${Flag} code=${value} />` : html`<svg class="world" viewBox="0 0 20 20" aria-hidden="true"><path d="M10 2a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM2 10h16M10 2c4.5 5 4.5 11 0 16M10 2c-4.5 5-4.5 11 0 16" /></svg>`}
    <select name="country" onChange=${(event) => onChange(event.target.value)}>
      ${including([{ value: "", label: "World" }, ...options], { ...one, value }).map((option) => html`<option key=${option.value} value=${option.value} selected=${option.value === value}>${option.label}</option>`)}
    </select>
  </label>`;
}

function Period({ query, onChange }) {
  const one = chosen(query, "days", (days) => `${days} d`);
  return html`<${Pills} name="days" legend="Period" value=${one.value} options=${including(PERIODS, one)} onChange=${onChange} />`;
}

const CONTROLS = { source: [Services, "services"], country: [Places, "places"], days: [Period, null] };

/** A function that goes to *page* with the *changes* of the control *name*. Each choice is a step that can be gone back. */
export function useChoosing(page, query) {
  const last = useRef({ name: "", at: 0 });
  return (name, changes) => {
    const replace = last.current.name === name && performance.now() - last.current.at < STEP_MS;
    last.current = { name, at: performance.now() };
    go(page, changed(query, changes), { stay: true, replace });
  };
}

/** The controls *names* of *page*, whose *parts* have those of `FILTER_CALLS`. */
export function Filters({ page, query, parts, names = Object.keys(CONTROLS) }) {
  const choose = useChoosing(page, query);
  const onChange = (name, value) => value !== SEVERAL && choose(name, { [name]: value, offset: "" }); // several: what the address has already
  return html`<div class="filters" role="group" aria-label="Filters">
    ${names.map((name) => {
      const [Control, part] = CONTROLS[name];
      return html`<${Control} key=${name} part=${parts[part]} query=${query} onChange=${(value) => onChange(name, value)} />`;
    })}
  </div>`;
}

const OTHERS = { artist: ["Artist", String], song: ["Song", String], song_id: ["Song", String], album: ["Album", String], album_artist: ["First artist", String], genre: ["Genre", genreName], date_from: ["From", String], date_to: ["To", String] };

/** What narrows *page* beyond its controls, each with the way out of it. */
export function OtherFilters({ page, query, names = Object.keys(OTHERS) }) {
  const given = [...query].filter(([name, value]) => names.includes(name) && value);
  if (!given.length) return null;
  return html`<ul class="chips" aria-label="Narrowed to">
    ${given.map(([name, value]) => {
      const [label, write] = OTHERS[name];
      const rest = new URLSearchParams([...query].filter(([other, its]) => other !== "offset" && !(other === name && its === value)));
      return html`<li key=${`${name} ${value}`}><span>${label}</span> <b>${write(value)}</b>
        <a href=${hrefOf(page, rest)} aria-label=${`Without ${label.toLowerCase()} ${write(value)}`}><svg viewBox="0 0 10 10" aria-hidden="true"><path d="M2 2l6 6M8 2 2 8" /></svg></a>
      </li>`;
    })}
  </ul>`;
}

/** " of Latin in Spain on Spotify, last 30 days": *query* in words, after a page's title. */
export function inWords(query) {
  const all = (name, label) => query.getAll(name).filter(Boolean).map(label).join(" + ");
  const [genre, country, source, days] = [all("genre", genreName), all("country", placeName), all("source", platformName), query.get("days")];
  return [genre && ` of ${genre}`, country && ` in ${country}`, source && ` on ${source}`, days && `, last ${days} days`].filter(Boolean).join("");
}
