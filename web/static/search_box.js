// Search box: finds artists, songs and albums from anywhere on the page, by the keyboard alone if one likes.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "./markup.js";
import { compact, credit, exact } from "./format.js";
import { Avatar } from "./avatar.js";
import { matchedParts } from "./matching.js";
import { go, hrefOf } from "./route.js";
import { useSearch } from "./searching.js";

const GROUPS = { artist: "Artists", song: "Songs", album: "Albums" };
const ICONS = {
  search: html`<path d="M16.2 16.2 20.5 20.5M18 11a7 7 0 1 1-14 0 7 7 0 0 1 14 0z" />`,
  close: html`<path d="M6 6l12 12M18 6 6 18" />`,
  song: html`<path d="M10 17.5V6l9-2v11.5M10 17.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0zM19 15.5a2.5 2.5 0 1 1-5 0 2.5 2.5 0 0 1 5 0z" />`,
  album: html`<circle cx="12" cy="12" r="8.5" /><circle cx="12" cy="12" r="2.5" />`,
};
const Icon = ({ name }) => html`<svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;

/** Where a found row leads: the page and its query. */
const place = ({ kind, name, artists, id }) => ({
  artist: ["artist", { artist: name }],
  song: ["song", { song_id: id }],
  album: ["album", { album: name, album_artist: artists }],
})[kind];

const Matched = ({ name, asked }) => matchedParts(name, asked).map(({ text, hit }, at) => (hit ? html`<mark key=${at}>${text}</mark>` : text));

function Option({ row, id, active, asked, onPick, onPoint }) {
  const href = hrefOf(...place(row));
  const onClick = (event) => (event.ctrlKey || event.metaKey ? open(href, "_blank", "noopener") : onPick(row));
  return html`<div class="search-option" role="option" id=${id} aria-selected=${active} data-kind=${row.kind} onClick=${onClick} onPointerMove=${onPoint}>
    ${row.kind === "artist" ? html`<${Avatar} name=${row.name} />` : html`<span class="search-sort"><${Icon} name=${row.kind} /></span>`}
    <span class="name"><span class="name-text"><${Matched} name=${row.name} asked=${asked} /></span>
      ${row.artists && html`<small>${credit(row.artists)}</small>`}</span>
    <span class="search-plays" title=${`${exact(row.plays)} plays`}>${compact(row.plays)}<span class="sr"> plays</span></span>
  </div>`;
}

function Options({ found, id, active, asked, onPick, onPoint }) {
  let at = -1;
  return html`<div class="search-list" role="listbox" id=${id} aria-label=${asked ? "What is found" : "Most played"}>
    ${found.groups.map(({ kind, rows }) => html`<div role="group" key=${kind} aria-labelledby=${`${id}-${kind}`}>
      <div class="search-group" id=${`${id}-${kind}`} role="presentation">${asked ? GROUPS[kind] : `Most played ${GROUPS[kind].toLowerCase()}`}</div>
      ${rows.map((row) => {
        const mine = (at += 1);
        return html`<${Option} key=${`${row.id} ${row.name}`} row=${row} id=${`${id}-${mine}`} active=${mine === active} asked=${asked} onPick=${onPick} onPoint=${() => mine !== active && onPoint(mine)} />`;
      })}
    </div>`)}
  </div>`;
}

/** What is said in place of a list. */
function Said({ found, text, onRetry }) {
  const { phase, problem } = found;
  if (phase === "loading") return html`<div class="search-said" aria-hidden="true">${[68, 52, 60].map((width) => html`<span class="bone" key=${width} style=${{ width: `${width}%` }}></span>`)}</div>`;
  if (phase === "none") return html`<div class="search-said"><b>Nothing is called “${text}”</b><p>Accents and small typing errors are forgiven; try fewer letters.</p></div>`;
  if (phase !== "failed") return null;
  if (problem.status === 401) return html`<div class="search-said" data-kind="token"><b>Sign in to search</b><p>The search needs a token, like every number here.</p></div>`;
  return html`<div class="search-said" data-kind="error"><b>${problem.status === 403 ? "Not open to this token" : "The search is not answered"}</b><p>${problem.detail}</p>
    ${problem.status !== 403 && html`<button type="button" class="button button-small" onClick=${onRetry}>Try again</button>`}</div>`;
}

function spoken({ phase, groups, problem }) {
  if (phase === "found") return groups.map(({ kind, rows }) => `${rows.length} ${rows.length === 1 ? kind : GROUPS[kind].toLowerCase()}`).join(", ");
  return phase === "none" ? "Nothing found" : phase === "failed" ? problem.detail : "";
}

/** Whether what is typed at *target* is text already. */
const takesText = (target) => target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);

/** Call *onAsk* when `/`, Ctrl-K or Cmd-K is pressed anywhere but in a text field. */
function useShortcut(onAsk) {
  useLayoutEffect(() => {
    const listen = (event) => {
      const plain = event.key === "/" && !event.ctrlKey && !event.metaKey && !event.altKey;
      const command = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey;
      if (!(plain || command) || takesText(event.target)) return;
      event.preventDefault();
      onAsk();
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

export function SearchBox() {
  const [text, setText] = useState("");
  const [shown, setShown] = useState(false);
  const [chosen, setChosen] = useState(null); // null: what the server thinks best
  const [hurried, setHurried] = useState(false); // Enter came before the answer
  const [root, field, button] = [useRef(null), useRef(null), useRef(null)];
  const id = useId();
  const asked = text.trim();
  const [found, askAgain] = useSearch(asked, shown);
  const rows = found.groups.flatMap((group) => group.rows);
  const active = rows.length ? (chosen ?? (found.asked ? found.best : -1)) : -1;

  const show = () => {
    root.current.dataset.open = "true"; // at once: what is not displayed takes no focus
    setShown(true);
    field.current.focus();
    field.current.select();
  };
  const hide = () => (setShown(false), setChosen(null), setHurried(false));
  const pick = (row) => {
    setText("");
    hide();
    field.current.blur();
    go(...place(row));
  };
  useShortcut(show);
  useLayoutEffect(() => {
    if (!shown) return undefined;
    const leave = ({ target }) => root.current.contains(target) || hide();
    document.addEventListener("pointerdown", leave);
    return () => document.removeEventListener("pointerdown", leave);
  }, [shown]);
  useEffect(() => {
    if (active >= 0) document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: "nearest" });
  }, [active]);
  useEffect(() => {
    if (!hurried || found.phase === "loading" || found.asked !== asked) return;
    setHurried(false);
    if (rows[active]) pick(rows[active]);
  }, [found, hurried]);

  const onFocusOut = ({ relatedTarget }) => relatedTarget && !root.current.contains(relatedTarget) && hide();
  const onInput = ({ target }) => {
    setText(target.value);
    setChosen(null);
    setHurried(false);
    setShown(true);
  };
  const leaveByEscape = () => {
    if (text && !shown) setText("");
    else if (shown) {
      hide();
      if (button.current.offsetParent) button.current.focus(); // the field is gone with its overlay
    } else field.current.blur();
  };
  const onKeyDown = (event) => {
    const last = rows.length - 1;
    const to = { ArrowDown: active < last ? active + 1 : 0, ArrowUp: active > 0 ? active - 1 : last, Home: 0, End: last }[event.key];
    if (event.key === "Escape") leaveByEscape();
    else if (event.key === "Enter" && shown) {
      if (found.phase === "loading" || found.asked !== asked) setHurried(true);
      else if (rows[active]) pick(rows[active]);
    } else if (to === undefined || event.shiftKey || (last < 0 && /Home|End/.test(event.key))) return;
    else if (!shown) setShown(true);
    else if (last >= 0) setChosen(to);
    event.preventDefault();
  };

  const listed = shown && rows.length > 0;
  return html`<div class="search" role="search" ref=${root} data-open=${shown} onFocusOut=${onFocusOut}>
    <button type="button" class="icon-button search-open" ref=${button} aria-label="Search" aria-expanded=${shown} onClick=${show}><${Icon} name="search" /></button>
    <div class="search-box" data-phase=${found.phase}>
      <div class="search-field">
        <${Icon} name="search" />
        <input ref=${field} type="text" inputmode="search" enterkeyhint="go" value=${text} placeholder="Artists, songs, albums" autocomplete="off" autocapitalize="off" spellcheck="false"
          role="combobox" aria-label="Search artists, songs and albums" aria-autocomplete="list" aria-expanded=${listed} aria-controls=${listed ? id : undefined}
          aria-activedescendant=${listed && active >= 0 ? `${id}-${active}` : undefined} aria-keyshortcuts="/ Control+K Meta+K"
          onInput=${onInput} onKeyDown=${onKeyDown} onFocus=${() => setShown(true)} />
        <kbd aria-hidden="true">/</kbd>
        <button type="button" class="search-close" aria-label="Close the search" onClick=${() => (setText(""), hide(), button.current.focus())}><${Icon} name="close" /></button>
      </div>
      ${shown && html`<div class="search-panel" onMouseDown=${(event) => event.target.closest("button") || event.preventDefault()}>
        ${listed ? html`<${Options} found=${found} id=${id} active=${active} asked=${found.asked} onPick=${pick} onPoint=${setChosen} />` : html`<${Said} found=${found} text=${found.asked} onRetry=${askAgain} />`}
        <p class="search-keys" aria-hidden="true"><span><kbd>↑</kbd> <kbd>↓</kbd> choose</span><span><kbd>↵</kbd> open</span><span><kbd>esc</kbd> close</span></p>
      </div>`}
    </div>
    <p class="sr" role="status">${shown ? spoken(found) : ""}</p>
  </div>`;
}
