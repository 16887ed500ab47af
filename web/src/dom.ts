/** Makes an element with text, attributes and children. Nothing on the page is made from markup. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  for (const [name, v] of Object.entries(attributes)) node.setAttribute(name, v);
  node.append(...children);
  return node;
}

/** As element, for the parts of drawings. */
export function drawing<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Record<string, string> = {},
  ...children: Node[]
): SVGElementTagNameMap[K] {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, v] of Object.entries(attributes)) node.setAttribute(name, v);
  node.append(...children);
  return node;
}

/** What takes the keyboard. */
const FOCUSABLE = "a[href], button, input, select, summary, [tabindex]";

/**
 * Runs make, which makes the children of host anew, and gives the keyboard back to what then stands in
 * the place of what had it: in the same list item, the same one from above.
 */
export function keepFocus(host: HTMLElement, make: () => void): void {
  const held = document.activeElement;
  const within = (node: Element) => node.closest<HTMLElement>("[data-layer]") ?? host;
  const nth = held && host.contains(held) ? [...within(held).querySelectorAll(FOCUSABLE)].indexOf(held) : -1;
  const layer = held ? within(held).dataset["layer"] : undefined;
  make();
  if (nth < 0) return;
  const places = [host, ...host.querySelectorAll<HTMLElement>("[data-layer]")];
  const place = places.find((node) => node.dataset["layer"] === layer) ?? host;
  place.querySelectorAll<HTMLElement>(FOCUSABLE)[nth]?.focus({ preventScroll: true });
}

/** Whether keys that are pressed on target write something there. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

/** The element of the page with this id; the page's own markup has it. */
export function byId(id: string): HTMLElement {
  const node = document.getElementById(id);
  if (!node) throw new Error(`the page has no #${id}`);
  return node;
}
