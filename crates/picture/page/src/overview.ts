// The whole run as a thin strip: how much went on when, and which part is in view. It can be
// dragged.

import { h } from "./dom";
import { onTheme, palette, Palette, pen } from "./palette";
import { State } from "./state";

const HEIGHT = 30;

/** The strip; nothing for runs so short that all of it is in view anyway. */
export function overview(state: State, gutter: () => number): HTMLElement | null {
  if (state.operations.length < 40) return null;
  const canvas = h("canvas", { "aria-hidden": "true" });
  const box = h("div", { class: "overview", title: "Drag to move the view" }, canvas);
  let colours = palette();
  let width = 0;
  let heights: Float32Array | null = null;
  const draw = (): void => {
    if (width > 0) drawStrip(canvas, state, width, gutter(), (heights ??= profile(state, width - gutter())), colours);
  };
  let axis = state.axis;
  state.onChange(() => {
    if (axis !== state.axis) heights = null;
    axis = state.axis;
    draw();
  });
  onTheme(() => {
    colours = palette();
    draw();
  });
  new ResizeObserver(() => {
    width = box.clientWidth;
    heights = null;
    draw();
  }).observe(box);
  drag(box, state, gutter);
  return box;
}

/** How many operations run at each pixel, the most being 1. */
function profile(state: State, pixels: number): Float32Array {
  const changes = new Float32Array(pixels + 2);
  for (const operation of state.operations) {
    const [from, to] = state.extent(operation);
    const at = (place: number): number => Math.floor((place / state.axis.length) * pixels);
    changes[Math.max(0, Math.min(pixels, at(from)))] += 1;
    changes[Math.max(0, Math.min(pixels, at(to))) + 1] -= 1;
  }
  let most = 1;
  for (let at = 1; at < changes.length; at++) {
    changes[at] += changes[at - 1];
    most = Math.max(most, changes[at]);
  }
  return changes.map((height) => height / most);
}

function drawStrip(
  canvas: HTMLCanvasElement,
  state: State,
  width: number,
  gutter: number,
  heights: Float32Array,
  colours: Palette,
): void {
  const context = pen(canvas, width, HEIGHT);
  const pixels = width - gutter;
  context.fillStyle = colours.faint;
  for (let x = 0; x < pixels; x++) {
    const height = heights[x] > 0 ? Math.max(2, heights[x] * (HEIGHT - 6)) : 0;
    context.fillRect(gutter + x, HEIGHT - 2 - height, 1, height);
  }
  const toX = (place: number): number => gutter + (Math.min(Math.max(place, 0), state.axis.length) / state.axis.length) * pixels;
  if (state.overlay?.ruling.word === "violated") {
    context.fillStyle = colours.bad;
    for (const operation of state.overlaid()) context.fillRect(toX(state.extent(operation)[0]) - 1, 0, 2, HEIGHT);
  }
  const [from, to] = [toX(state.x0), toX(state.x1)];
  context.fillStyle = colours.hair;
  context.globalAlpha = 0.7;
  context.fillRect(gutter, 0, from - gutter, HEIGHT);
  context.fillRect(to, 0, width - to, HEIGHT);
  context.globalAlpha = 1;
  context.strokeStyle = colours.soft;
  context.lineWidth = 1.5;
  context.beginPath();
  context.roundRect(from + 0.75, 0.75, Math.max(4, to - from - 1.5), HEIGHT - 1.5, 4);
  context.stroke();
}

function drag(box: HTMLElement, state: State, gutter: () => number): void {
  const move = (event: PointerEvent): void => {
    const share = (event.clientX - box.getBoundingClientRect().left - gutter()) / (box.clientWidth - gutter());
    const half = (state.x1 - state.x0) / 2;
    state.look(share * state.axis.length - half, share * state.axis.length + half);
  };
  box.addEventListener("pointerdown", (event) => {
    box.setPointerCapture(event.pointerId);
    move(event);
  });
  box.addEventListener("pointermove", (event) => {
    if (box.hasPointerCapture(event.pointerId)) move(event);
  });
}
