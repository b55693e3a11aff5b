// Pills: one of several, as radio buttons that look like one control.
import { html } from "./markup.js";
import { useInView } from "./strips.js";

/** *options* are `{value, label}`; *busy*, whether more of them are still to come. */
export function Pills({ name, legend, options, value, onChange, busy = false }) {
  const strip = useInView("label:has(:checked)", `${value} ${options.length}`);
  return html`<fieldset class="pills" data-name=${name} aria-busy=${busy}>
    <legend class="sr">${legend}</legend>
    <div class="pills-strip" ref=${strip}>
    ${options.map((option) => html`<label key=${option.value}>
      <input type="radio" name=${name} value=${option.value} checked=${option.value === value} onChange=${() => onChange(option.value)} /><span>${option.label}</span>
    </label>`)}
    ${busy && [72, 104, 84].map((width) => html`<span class="bone" key=${width} style=${{ width: `${width}px` }}></span>`)}
    </div>
  </fieldset>`;
}
