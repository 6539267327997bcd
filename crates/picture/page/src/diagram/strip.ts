// The whole world as a thin strip: how much was said when, where it broke, and which part is in
// view. It can be dragged.

import { h } from "../dom";
import { onTheme, palette, pen } from "../palette";
import { View } from "./view";

const HEIGHT = 34;

export function strip(view: View, gutter: () => number): HTMLElement {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const box = h("div", { class: "overview", title: "Drag to move the view" }, canvas);
  let colours = palette();
  let heights = new Float32Array(0);
  let axis = view.axis;
  const draw = (): void => {
    const [left, pixels] = [gutter(), box.clientWidth - gutter()];
    if (pixels < 20) return;
    if (heights.length !== pixels || axis !== view.axis) heights = profile(view, pixels);
    axis = view.axis;
    const context = pen(canvas, box.clientWidth, HEIGHT);
    const at = (place: number): number => left + (Math.min(Math.max(place, 0), view.axis.length) / view.axis.length) * pixels;
    const x = (time: number): number => at(view.axis.place(time));
    for (const band of view.bands) {
      context.fillStyle = colours["bad-wash"];
      context.fillRect(x(band.start), 0, Math.max(2, x(band.end) - x(band.start)), HEIGHT);
    }
    context.fillStyle = colours.faint;
    heights.forEach((height, at) => {
      if (height > 0) context.fillRect(left + at, HEIGHT - 2 - height * (HEIGHT - 6), 1, Math.max(1.5, height * (HEIGHT - 6)));
    });
    context.fillStyle = colours.bad;
    for (const call of view.framed()) context.fillRect(x(call.start) - 1, 0, 2, HEIGHT);
    if (view.world.violated_us !== null) context.fillRect(x(view.world.violated_us * 1000) - 1, 0, 2, HEIGHT);
    const [from, to] = [at(view.x0), at(view.x1)];
    context.fillStyle = colours.hair;
    context.globalAlpha = 0.6;
    context.fillRect(left, 0, from - left, HEIGHT);
    context.fillRect(to, 0, box.clientWidth - to, HEIGHT);
    context.globalAlpha = 1;
    context.strokeStyle = colours.soft;
    context.lineWidth = 1.5;
    context.beginPath();
    context.roundRect(from + 0.75, 0.75, Math.max(4, to - from - 1.5), HEIGHT - 1.5, 4);
    context.stroke();
  };
  view.onChange(draw);
  onTheme(() => {
    colours = palette();
    draw();
  });
  new ResizeObserver(draw).observe(box);
  const go = (event: PointerEvent): void => {
    const share = (event.clientX - box.getBoundingClientRect().left - gutter()) / (box.clientWidth - gutter());
    const half = (view.x1 - view.x0) / 2;
    view.look(share * view.axis.length - half, share * view.axis.length + half);
  };
  box.addEventListener("pointerdown", (event) => {
    box.setPointerCapture(event.pointerId);
    go(event);
  });
  box.addEventListener("pointermove", (event) => box.hasPointerCapture(event.pointerId) && go(event));
  return box;
}

/**
 * How many messages were sent at each pixel, the most being 1; the root, so that little is seen
 * beside much.
 */
function profile(view: View, pixels: number): Float32Array<ArrayBuffer> {
  const counts = new Float32Array(pixels);
  for (const message of view.messages) counts[Math.min(pixels - 1, Math.floor((view.axis.place(message.start) / view.axis.length) * pixels))]++;
  const most = counts.reduce((a, b) => Math.max(a, b), 1);
  return counts.map((count) => Math.sqrt(count / most));
}
