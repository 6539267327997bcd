// Colours for the canvas, which knows no CSS: read from the page's own style, in the theme of the
// moment.

/** Names of the colours, each a custom property of the style. */
const NAMES = [
  "paper", "card", "ink", "soft", "faint", "line", "hair", "write", "read", "read-fill", "cas",
  "cas-fill", "good", "bad", "bad-wash", "doubt", "doubt-wash", "order",
] as const;

export type Palette = Record<(typeof NAMES)[number], string>;

/** The colours of the moment. */
export function palette(): Palette {
  const probe = document.createElement("span");
  document.body.append(probe);
  const colours = {} as Palette;
  for (const name of NAMES) {
    probe.style.color = `var(--${name})`;
    colours[name] = getComputedStyle(probe).color;
  }
  probe.remove();
  return colours;
}

/** Calls back when the theme changes. */
export function onTheme(listener: () => void): void {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", listener);
  new MutationObserver(listener).observe(document.documentElement, {
    attributes: true,
    attributeFilter: ["data-theme"],
  });
}

/** A canvas fitted to the pixels of the screen; gives its pen, scaled to CSS pixels. */
export function pen(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const ratio = Math.min(devicePixelRatio || 1, 3);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d")!;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

export const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif";
