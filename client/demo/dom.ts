/** Elements in a line each, without markup from text. Imports nothing. */

/** What an element is given: attributes by name; true for one without a value, false and undefined for none. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** An element with attributes and children; texts are texts, never markup. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children);
  return element;
}

/** The picture of a glass, in the color of a type of wine. */
export function glass(type: string): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `glass ${typeClass(type)}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", "#glass");
  svg.append(use);
  return svg;
}

/** The element of the page with this id. @throws Error when the page has none */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page expected an element "${id}"`);
  return element;
}

/** A count of bytes as people read it. */
export function bytesText(bytes: number): string {
  return bytes < 1000 ? `${bytes} bytes` : `${(bytes / 1000).toFixed(1)} kB`;
}

const politeMs = 600;
let waiting: ReturnType<typeof setTimeout> | undefined;

/** Tells screen readers, the last news of a moment alone. */
export function announce(text: string): void {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    byId("announcements").textContent = text;
  }, politeMs);
}

function typeClass(type: string): string {
  if (type.startsWith("Dessert")) return "dessert";
  return type === "Rosé" ? "rose" : type.toLowerCase();
}
