// How the timeline is moved: wheel, drag, pinch and keys.

import { Operation } from "./data";
import { State } from "./state";
import { Timeline } from "./timeline";

/** What one press of a key zooms and pans. */
const ZOOM = 1.5;
const PAN = 0.15;

/** Listens to all of them. `hover` is told where the pointer rests, or null. */
export function listen(
  state: State,
  timeline: Timeline,
  hover: (operation: Operation | null, x: number, y: number) => void,
): void {
  const hovering = (operation: Operation | null, x: number, y: number): void => {
    if (operation !== state.hovered) {
      state.hovered = operation;
      state.changed();
    }
    hover(operation, x, y);
  };
  move(state, timeline, hovering, (operation) => state.choose(operation));
  keys(state, timeline);
}

/** What can be zoomed and moved. */
export interface Lens {
  zoom(factor: number, around?: number): unknown;
  pan(share: number): void;
  isWhole(): boolean;
}

/** Where that is seen: an element, the place under a pixel of it, and what lies there. */
export interface Surface<T> {
  stage: HTMLElement;
  gutter: number;
  placeAt(x: number): number;
  at(x: number, y: number): T | null;
}

/**
 * Wheel, drag, pinch and click. `hover` and `choose` are told what lies under the pointer, or null.
 */
export function move<T>(
  lens: Lens,
  surface: Surface<T>,
  hover: (thing: T | null, x: number, y: number) => void,
  choose: (thing: T | null) => void,
): void {
  wheel(lens, surface);
  pointers(lens, surface, hover, choose);
}

/** The wheel zooms once the pointer has moved here; a page that scrolls by is not stopped. */
function wheel<T>(lens: Lens, surface: Surface<T>): void {
  const { stage } = surface;
  let armed = false;
  addEventListener("scroll", () => (armed = false), { passive: true });
  stage.addEventListener("pointermove", () => (armed = true));
  stage.addEventListener("pointerleave", () => (armed = false));
  const onWheel = (event: WheelEvent): void => {
    if (!armed && !event.ctrlKey && document.activeElement !== stage) return;
    const x = event.clientX - stage.getBoundingClientRect().left;
    const lines = event.deltaMode === 1 ? 16 : 1;
    if (event.altKey) return;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      return lens.pan(((event.deltaX || event.deltaY) * lines) / stage.clientWidth);
    }
    const before = lens.isWhole() && event.deltaY > 0;
    // Nothing more to zoom out of: the page may scroll on.
    if (before) return;
    event.preventDefault();
    lens.zoom(Math.exp(Math.min(60, Math.max(-60, event.deltaY * lines)) * 0.004), surface.placeAt(x));
  };
  stage.addEventListener("wheel", onWheel, { passive: false });
}

function pointers<T>(
  lens: Lens,
  surface: Surface<T>,
  hover: (thing: T | null, x: number, y: number) => void,
  choose: (thing: T | null) => void,
): void {
  const { stage } = surface;
  const down = new Map<number, { x: number; y: number }>();
  let moved = 0;
  const local = (event: PointerEvent): { x: number; y: number } => {
    const bounds = stage.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || local(event).x > stage.clientWidth) return;
    down.set(event.pointerId, local(event));
    if (down.size === 1) moved = 0;
  });
  stage.addEventListener("pointermove", (event) => {
    const now = local(event);
    const before = down.get(event.pointerId);
    if (!before) {
      const found = surface.at(now.x, now.y);
      stage.classList.toggle("on-bar", found !== null);
      return hover(found, event.clientX, event.clientY);
    }
    const others = [...down].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (moved > 4 && !stage.hasPointerCapture(event.pointerId)) stage.setPointerCapture(event.pointerId);
    down.set(event.pointerId, now);
    hover(null, 0, 0);
    if (others.length > 0) pinch(lens, surface, others[0].x, before.x, now.x);
    else if (moved > 4) {
      stage.classList.add("dragging");
      lens.pan((before.x - now.x) / (stage.clientWidth - surface.gutter));
      if (event.pointerType === "mouse") stage.scrollTop += before.y - now.y;
    }
  });
  const up = (event: PointerEvent): void => {
    const at = down.get(event.pointerId);
    down.delete(event.pointerId);
    stage.classList.remove("dragging");
    if (!at || event.type !== "pointerup" || moved > 4) return;
    choose(surface.at(at.x, at.y));
  };
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", up);
  stage.addEventListener("pointerleave", () => hover(null, 0, 0));
  stage.addEventListener("dblclick", (event) => {
    lens.zoom(event.shiftKey ? 2 : 0.5, surface.placeAt(local(event as PointerEvent).x));
  });
}

/** Two fingers: what lies under them stays under them. */
function pinch<T>(lens: Lens, surface: Surface<T>, still: number, before: number, now: number): void {
  const [a, b] = [Math.abs(before - still), Math.abs(now - still)];
  if (a > 8 && b > 8) lens.zoom(a / b, surface.placeAt(still));
}

function keys(state: State, timeline: Timeline): void {
  const { stage } = timeline;
  const act: Record<string, (shift: boolean) => void> = {
    ...movement(state, stage),
    "0": () => state.fit(true),
    n: (shift) => walk(state, timeline, 1, shift),
    p: (shift) => walk(state, timeline, -1, shift),
    o: (shift) => walkOrder(state, timeline, shift ? -1 : 1),
    c: () => state.reveal(state.overlaid().slice(0, 200)),
    Escape: () => state.choose(null),
  };
  onKeys(stage, act);
}

/** Does what a key stands for, where it stands for anything. */
export function onKeys(stage: HTMLElement, act: Record<string, (shift: boolean) => void>): void {
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!Object.hasOwn(act, name)) return;
    event.preventDefault();
    act[name](event.shiftKey);
  });
}

/** The keys that zoom and move, and those that scroll. */
export function movement(lens: Lens, stage: HTMLElement): Record<string, (shift: boolean) => void> {
  return {
    "+": () => lens.zoom(1 / ZOOM),
    "=": () => lens.zoom(1 / ZOOM),
    "-": () => lens.zoom(ZOOM),
    _: () => lens.zoom(ZOOM),
    ArrowLeft: (shift) => lens.pan(shift ? -1 : -PAN),
    ArrowRight: (shift) => lens.pan(shift ? 1 : PAN),
    ArrowUp: () => stage.scrollBy(0, -40),
    ArrowDown: () => stage.scrollBy(0, 40),
    Home: () => lens.pan(-1e6),
    End: () => lens.pan(1e6),
  };
}

/** The next operation in time, or of the same client, that the filter does not hide. */
function walk(state: State, timeline: Timeline, by: number, same: boolean): void {
  const { operations, chosen, matches } = state;
  const first = state.axis.time(state.x0);
  const inView = operations.findIndex((operation) => operation.start >= first);
  let at = chosen ? chosen.at + by : Math.max(0, inView);
  while (operations[at] && ((matches && !matches[at]) || (same && chosen && operations[at].client !== chosen.client))) {
    at += by;
  }
  if (operations[at]) reach(state, timeline, operations[at]);
}

/** The next operation in the order that is drawn, or of the clash. */
function walkOrder(state: State, timeline: Timeline, by: number): void {
  const order = state.overlaid();
  if (order.length === 0) return;
  const now = state.chosen ? order.indexOf(state.chosen) : -1;
  const at = now < 0 ? 0 : Math.min(order.length - 1, Math.max(0, now + by));
  reach(state, timeline, order[at]);
}

/** Chooses an operation and makes it visible. */
export function reach(state: State, timeline: Timeline, operation: Operation): void {
  state.choose(operation, true);
  timeline.scrollTo(operation);
}
