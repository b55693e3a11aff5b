// Fields: an endpoint's parameters, each with what it may be and where to fill it in.
import { html } from "./markup.js";
import { sentence } from "./format.js";
import { prose } from "./statuses.js";

function Choices({ parameter, id, values, onChange }) {
  const toggle = (choice) => onChange(values.includes(choice) ? values.filter((value) => value !== choice) : [...values, choice]);
  return html`<div class="choices" role="group" id=${id} aria-label=${parameter.name} aria-describedby=${`${id}-about`}>
    ${parameter.choices.map((choice) => html`<label key=${choice}>
      <input type="checkbox" checked=${values.includes(choice)} onChange=${() => toggle(choice)} /><span>${choice}</span>
    </label>`)}
  </div>`;
}

function Typed({ parameter, id, form, values, onChange }) {
  const shown = values.length ? values : [""];
  const change = (at, value) => onChange(shown.map((other, place) => (place === at ? value : other)));
  const full = shown.length < parameter.many && shown.every((value) => value !== "");
  return html`<div class="typed" data-wide=${parameter.named}>
    ${shown.map((value, at) => html`<input key=${at} id=${at === 0 ? id : `${id}-${at}`} form=${form} type="text" value=${value} autocomplete="off" spellcheck="false"
      aria-label=${at === 0 ? undefined : `${parameter.name}, another value`} aria-describedby=${`${id}-about`}
      placeholder=${parameter.example} onInput=${(event) => change(at, event.target.value)} />`)}
    ${full && html`<button type="button" class="another" onClick=${() => onChange([...shown, ""])}>Another value<span class="sr"> of ${parameter.name}</span></button>`}
  </div>`;
}

/** What a parameter may be, and what it is without being given. */
function Terms({ words, choices, many, initial }) {
  return html`<span class="words">${!choices && sentence(words)}${many > 0 && `, up to ${many}×`}
    ${initial.length > 0 && html`<span>${!choices && ". "}Default <code>${initial.join(",")}</code></span>`}
  </span>`;
}

function Field({ endpoint, parameter, values, onChange }) {
  const id = `${endpoint}-${parameter.name}`;
  const Control = parameter.choices ? Choices : Typed;
  return html`<div class="field">
    <div class="field-said">
      <${parameter.choices ? "span" : "label"} class="field-name" for=${parameter.choices ? undefined : id}><code>${parameter.name}</code><//>
      ${parameter.aliases.map((alias) => html` <span class="also">or <code>${alias}</code></span>`)}
      <p id=${`${id}-about`}>${prose(sentence(parameter.about))}. <${Terms} ...${parameter} /></p>
    </div>
    <${Control} parameter=${parameter} id=${id} form=${`run-${endpoint}`} values=${values} onChange=${onChange} />
  </div>`;
}

/** The parameters of an endpoint; *values* is `{name: [text…]}`. */
export function Fields({ endpoint, parameters, values, onChange }) {
  if (!parameters.length) return html`<p class="none">None.</p>`;
  return html`<div class="fields">
    ${parameters.map((parameter) => html`<${Field} key=${parameter.name} endpoint=${endpoint} parameter=${parameter}
      values=${values[parameter.name] ?? []} onChange=${(given) => onChange({ ...values, [parameter.name]: given })} />`)}
  </div>`;
}
