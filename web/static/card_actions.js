// Card actions: a card's menu: its whole list as a file, the call that asks for it, and the table in place of its chart.
import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "./markup.js";
import { address, curl } from "./request.js";

const FORMATS = [{ ending: "csv", name: "CSV", hint: "spreadsheets" }, { ending: "parquet", name: "Parquet", hint: "DuckDB, pandas" }, { ending: "json", name: "JSON", hint: "programs" }];
const SAID_MS = 1600;
const ICONS = {
  file: html`<path d="M12 4v11m0 0-4-4m4 4 4-4M5 19h14" />`,
  copy: html`<path d="M9 9h10v11H9zM15 9V4H5v11h4" />`,
  done: html`<path d="m5 13 4.5 4.5L19 7" />`,
  table: html`<path d="M4 6h16v13H4zM4 11h16M10 11v8" />`,
  chart: html`<path d="M5 19V11M12 19V5M19 19v-5" />`,
};
const Icon = ({ name }) => html`<svg viewBox="0 0 24 24" aria-hidden="true">${ICONS[name]}</svg>`;

/** "ranking_by?by=artist" -> the path in a format, and the pairs of the query. */
function readCall(call, ending) {
  const [endpoint, query = ""] = call.split("?");
  return [`/v0/pipes/${endpoint}.${ending}`, [...new URLSearchParams(query)]];
}

/** The command, for hands where the clipboard is closed to scripts: on a page that came without TLS, or by the reader's wish. */
function ByHand({ text }) {
  const field = useRef(null);
  const id = useId();
  useEffect(() => {
    field.current.focus();
    field.current.select();
  }, []);
  return html`<div class="actions-copy">
    <label for=${id}>Copy it from here</label>
    <textarea id=${id} ref=${field} readonly spellcheck="false" value=${text}></textarea>
  </div>`;
}

/** Where the focus goes from *at* among *items* by *event*; undefined when it stays. */
function next(event, at, items) {
  const places = { ArrowDown: (at + 1) % items.length, ArrowUp: (at - 1 + items.length) % items.length, Home: 0, End: items.length - 1 };
  if (event.key in places) return places[event.key];
  if (event.key.length !== 1 || event.ctrlKey || event.metaKey || event.altKey || event.key === " ") return undefined;
  const order = [...items.keys()].map((step) => (at + 1 + step) % items.length);
  return order.find((place) => items[place].textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()));
}

/**
 * The menu of the card *name* ("Top artists"). *call* is what it shows, whole: "ranking_by?by=artist&limit=10000".
 * With *onTable*, which is called with the choice, its chart and a table stand for each other; *table* is what it shows now.
 */
export function CardActions({ call, name, table = false, onTable }) {
  const [open, setOpen] = useState(null); // "first" or "last": where the focus begins; "copy": by hand
  const [said, setSaid] = useState("");
  const [root, button, menu] = [useRef(null), useRef(null), useRef(null)];
  const id = useId();
  const items = () => [...menu.current.querySelectorAll("[role=menuitem]")];
  const command = curl(...readCall(call, "json"));

  const close = () => {
    setOpen(null);
    setSaid("");
    button.current.focus();
  };
  useLayoutEffect(() => {
    if (open === "first" || open === "last") items().at(open === "first" ? 0 : -1).focus();
  }, [open]);
  useLayoutEffect(() => {
    if (!open) return undefined;
    const leave = ({ target }) => root.current.contains(target) || setOpen(null);
    for (const kind of ["pointerdown", "focusin"]) document.addEventListener(kind, leave);
    return () => ["pointerdown", "focusin"].forEach((kind) => document.removeEventListener(kind, leave));
  }, [open]);
  useLayoutEffect(() => {
    if (!said) return undefined;
    const timer = setTimeout(close, SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(command);
      setSaid("Copied");
    } catch {
      setOpen("copy");
    }
  };
  const onButtonKey = (event) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    setOpen(event.key === "ArrowDown" ? "first" : "last");
  };
  const onPanelKey = (event) => {
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if (open !== "copy") {
      if (event.key === "Tab") setOpen(null);
      const all = items();
      const to = next(event, all.indexOf(document.activeElement), all);
      if (to === undefined) return;
      event.preventDefault();
      all[to].focus();
    }
  };

  return html`<div class="actions" ref=${root}>
    <button type="button" class="actions-button" ref=${button} aria-haspopup="menu" aria-expanded=${Boolean(open)} aria-controls=${open ? id : undefined}
      aria-label=${`Actions: ${name}`} title="Download, copy or show otherwise" onClick=${() => setOpen(open ? null : "first")} onKeyDown=${onButtonKey}>
      <svg viewBox="0 0 24 24" aria-hidden="true"><circle cx="5" cy="12" r="1.8" /><circle cx="12" cy="12" r="1.8" /><circle cx="19" cy="12" r="1.8" /></svg>
    </button>
    ${open && html`<div class="actions-panel" onKeyDown=${onPanelKey}>
      ${open === "copy"
        ? html`<div id=${id}><${ByHand} text=${command} /></div>`
        : html`<div role="menu" id=${id} ref=${menu} aria-label=${`Actions: ${name}`}>
            ${FORMATS.map(({ ending, name: format, hint }) => html`<a key=${ending} role="menuitem" tabindex="-1" class="actions-item" download href=${address(...readCall(call, ending))} onClick=${close}>
              <${Icon} name="file" />${format}<small>${hint}</small>
            </a>`)}
            <div class="actions-line" role="separator"></div>
            <button type="button" role="menuitem" tabindex="-1" class="actions-item" data-done=${Boolean(said)} onClick=${copy}>
              <${Icon} name=${said ? "done" : "copy"} />${said || "Copy API call"}${!said && html`<small>curl</small>`}
            </button>
            ${onTable && html`<button type="button" role="menuitem" tabindex="-1" class="actions-item" onClick=${() => (onTable(!table), close())}>
              <${Icon} name=${table ? "chart" : "table"} />${table ? "Show as chart" : "Show as table"}
            </button>`}
          </div>`}
    </div>`}
    <span class="sr" role="status">${said}</span>
  </div>`;
}
