/** Makes an element. Texts become texts, whatever they look like: that is how records by strangers come into the page. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

/** A part of the page with its heading. */
export function part(heading: string, ...children: (Node | string)[]): HTMLElement {
  return element('section', {}, element('h2', {}, heading), ...children)
}
