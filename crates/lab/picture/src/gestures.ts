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
  wheel(state, timeline);
  pointers(state, timeline, hover);
  keys(state, timeline);
}

/** The wheel zooms once the pointer has moved here; a page that scrolls by is not stopped. */
function wheel(state: State, timeline: Timeline): void {
  const { stage } = timeline;
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
      return state.pan(((event.deltaX || event.deltaY) * lines) / stage.clientWidth);
    }
    const before = state.isWhole() && event.deltaY > 0;
    // Nothing more to zoom out of: the page may scroll on.
    if (before) return;
    event.preventDefault();
    state.zoom(Math.exp(Math.min(60, Math.max(-60, event.deltaY * lines)) * 0.004), timeline.placeAt(x));
  };
  stage.addEventListener("wheel", onWheel, { passive: false });
}

function pointers(
  state: State,
  timeline: Timeline,
  hover: (operation: Operation | null, x: number, y: number) => void,
): void {
  const { stage } = timeline;
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
      const found = timeline.operationAt(now.x, now.y);
      stage.classList.toggle("on-bar", found !== null);
      if (found !== state.hovered) {
        state.hovered = found;
        state.changed();
      }
      return hover(found, event.clientX, event.clientY);
    }
    const others = [...down].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
    moved += Math.abs(now.x - before.x) + Math.abs(now.y - before.y);
    if (moved > 4 && !stage.hasPointerCapture(event.pointerId)) stage.setPointerCapture(event.pointerId);
    down.set(event.pointerId, now);
    hover(null, 0, 0);
    if (others.length > 0) pinch(state, timeline, others[0].x, before.x, now.x);
    else if (moved > 4) {
      stage.classList.add("dragging");
      state.pan((before.x - now.x) / (timeline.frame.right - timeline.frame.left));
      if (event.pointerType === "mouse") stage.scrollTop += before.y - now.y;
    }
  });
  const up = (event: PointerEvent): void => {
    const at = down.get(event.pointerId);
    down.delete(event.pointerId);
    stage.classList.remove("dragging");
    if (!at || event.type !== "pointerup" || moved > 4) return;
    state.choose(timeline.operationAt(at.x, at.y));
  };
  stage.addEventListener("pointerup", up);
  stage.addEventListener("pointercancel", up);
  stage.addEventListener("pointerleave", () => {
    hover(null, 0, 0);
    if (!state.hovered) return;
    state.hovered = null;
    state.changed();
  });
  stage.addEventListener("dblclick", (event) => {
    state.zoom(event.shiftKey ? 2 : 0.5, timeline.placeAt(local(event as PointerEvent).x));
  });
}

/** Two fingers: what lies under them stays under them. */
function pinch(state: State, timeline: Timeline, still: number, before: number, now: number): void {
  const [a, b] = [Math.abs(before - still), Math.abs(now - still)];
  if (a > 8 && b > 8) state.zoom(a / b, timeline.placeAt(still));
}

function keys(state: State, timeline: Timeline): void {
  const { stage } = timeline;
  const act: Record<string, (shift: boolean) => void> = {
    "+": () => state.zoom(1 / ZOOM),
    "=": () => state.zoom(1 / ZOOM),
    "-": () => state.zoom(ZOOM),
    _: () => state.zoom(ZOOM),
    "0": () => state.fit(true),
    ArrowLeft: (shift) => state.pan(shift ? -1 : -PAN),
    ArrowRight: (shift) => state.pan(shift ? 1 : PAN),
    ArrowUp: () => stage.scrollBy(0, -40),
    ArrowDown: () => stage.scrollBy(0, 40),
    Home: () => state.pan(-1e6),
    End: () => state.pan(1e6),
    n: (shift) => walk(state, timeline, 1, shift),
    p: (shift) => walk(state, timeline, -1, shift),
    o: (shift) => walkOrder(state, timeline, shift ? -1 : 1),
    c: () => state.reveal(state.overlaid().slice(0, 200)),
    Escape: () => state.choose(null),
  };
  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (!Object.hasOwn(act, name)) return;
    event.preventDefault();
    act[name](event.shiftKey);
  });
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
