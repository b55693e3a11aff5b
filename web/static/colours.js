// Colours: the style sheet's, as a canvas needs them.

/** *colours* names variables of the style sheet, `{bar: "--bar"}`; returns what they are inside of *element*. */
export function readColours(element, colours) {
  const probe = element.ownerDocument.createElement("i");
  element.append(probe);
  const read = Object.fromEntries(
    Object.entries(colours).map(([name, variable]) => {
      probe.style.color = `var(${variable})`;
      return [name, getComputedStyle(probe).color];
    }),
  );
  probe.remove();
  return read;
}
