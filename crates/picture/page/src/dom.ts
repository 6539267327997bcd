// Elements. Every text becomes a text node: nothing from a history is ever read as HTML.

type Child = Node | string | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | EventListener>;

const SVG = "http://www.w3.org/2000/svg";

function fill<E extends Element>(element: E, attributes: Attributes, children: Child[]): E {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, String(value));
    }
  }
  for (const child of children) if (child) element.append(child);
  return element;
}

/** An element of HTML. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  return fill(document.createElement(name), attributes, children);
}

/** An element of SVG. */
export function s(name: string, attributes: Attributes = {}, ...children: Child[]): SVGElement {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/** A section of the page with its heading. */
export function section(id: string, title: string, ...children: Child[]): HTMLElement {
  const heading = h("h2", { id: `${id}-title` }, title);
  return h("section", { id, "aria-labelledby": `${id}-title` }, heading, ...children);
}

/** An SVG that is drawn again whenever its width changes. */
export function responsive(
  name: string,
  height: (width: number) => number,
  draw: (svg: SVGElement, width: number) => void,
): HTMLElement {
  const box = h("div", { class: "drawing" });
  let last = 0;
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry.contentRect.width);
    if (width === last || width < 40) return;
    last = width;
    const svg = s("svg", { role: "img", "aria-label": name, width, height: height(width) });
    draw(svg, width);
    box.replaceChildren(svg);
  }).observe(box);
  return box;
}

/** Whether movement is unwelcome. */
export const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

const ICONS: Record<string, string> = {
  // Each outcome has a shape of its own, so that colour is never needed to tell them apart.
  holds: "M4.5 8.4 7 10.9 11.6 5.6",
  violated: "M5.3 5.3 10.7 10.7M10.7 5.3 5.3 10.7",
  undecided: "M6 6.2C6.2 4.2 10 4.2 10 6.4 10 7.8 8 7.9 8 9.4M8 11.4V11.6",
  unchecked: "M5.2 8H10.8",
  shown: "M8 4.4V8.8M8 11.3V11.5",
};

/**
 * The icon of an outcome: a tick in a circle, a cross in an octagon, a question mark in a diamond.
 */
export function icon(word: string, size = 16): SVGElement {
  const outline =
    word === "violated"
      ? "M5.1 1H10.9L15 5.1V10.9L10.9 15H5.1L1 10.9V5.1Z"
      : word === "undecided"
        ? "M8 .6 15.4 8 8 15.4 .6 8Z"
        : "M8 1A7 7 0 1 1 8 15A7 7 0 1 1 8 1Z";
  return s(
    "svg",
    { viewBox: "0 0 16 16", width: size, height: size, class: `icon ${word}`, "aria-hidden": "true" },
    s("path", { d: outline, class: "outline" }),
    s("path", { d: ICONS[word] ?? ICONS.unchecked, class: "mark" }),
  );
}
