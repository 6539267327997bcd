// Draws a diagram: what nodes were, what was wrong with them, what they said, what clients asked.

import { around, Box, Room } from "../labels";
import { block, drawLinks } from "../links";
import { numberFrame } from "../overlay";
import { FONT, Palette } from "../palette";
import { AXIS_HEIGHT, drawFolds } from "../ruler";
import { Call, Message, Sort, Thing } from "./data";
import { bar, Frame, Segment, segment, toX, toY } from "./frame";
import { drawLabels, drawWords, Text, write } from "./texts";
import { View } from "./view";

/** Up to so many messages in view arrows have heads, and up to so many they have words. */
const HEADS_MAX = 500;
const WORDS_MAX = 60;
/** More lines than this say nothing; then some are left out. */
export const LINES_MAX = 6_000;
const BAR = 20;

/** Draws everything; gives how many messages were left out. */
export function draw(context: CanvasRenderingContext2D, view: View, frame: Frame, colours: Palette): number {
  const [from, to] = view.times;
  const texts: Text[] = [];
  drawFolds(context, view, frame, [AXIS_HEIGHT, frame.height], colours);
  drawLanes(context, view, frame, texts, colours);
  drawBands(context, view, frame, texts, colours);
  drawStays(context, view, frame, texts, colours);
  const messages = [...view.inView()];
  const step = Math.ceil(messages.length / LINES_MAX);
  const drawn = step > 1 ? messages.filter((_, at) => at % step === 0) : messages;
  drawMessages(context, frame, drawn, colours);
  const room = new Room();
  const calls = view.calls.filter((call) => call.start <= to && Math.min(call.end, view.end) >= from);
  drawTravels(context, frame, calls, colours);
  // Clients that do not wait have bars that overlap: what is framed lies over the others.
  const framed = view.framed();
  for (const call of calls) if (!framed.includes(call)) drawCall(context, frame, call, colours);
  for (const call of framed) drawCall(context, frame, call, colours);
  // What is written comes last, what matters most first: what finds no room is left out.
  drawClash(context, view, frame, room, colours);
  drawMarks(context, view, frame, room, colours);
  texts.filter(({ rank }) => rank === 0).forEach((text) => write(context, text, room, colours));
  drawLabels(context, frame, calls, framed, room, colours);
  texts.filter(({ rank }) => rank > 0).forEach((text) => write(context, text, room, colours));
  if (drawn.length <= WORDS_MAX) drawWords(context, frame, drawn, room, colours);
  for (const thing of [view.hovered, view.chosen]) if (thing) drawChosen(context, frame, thing, thing === view.chosen, colours);
  return messages.length - drawn.length;
}

function drawLanes(context: CanvasRenderingContext2D, view: View, frame: Frame, texts: Text[], colours: Palette): void {
  context.fillStyle = colours.hair;
  for (const lane of frame.lanes.all) {
    context.fillRect(frame.left, Math.round(lane.top + lane.height - frame.scrolled) - 0.5, frame.right - frame.left, 1);
  }
  const line = (time: number | null, colour: string, text: string): void => {
    if (time === null) return;
    const x = toX(frame, time * 1000);
    if (x < frame.left || x > frame.right) return;
    context.strokeStyle = colour;
    context.lineWidth = 1.5;
    context.setLineDash([5, 4]);
    context.beginPath();
    context.moveTo(x, AXIS_HEIGHT);
    context.lineTo(x, frame.height);
    context.stroke();
    context.setLineDash([]);
    context.font = `11px ${FONT}`;
    const width = context.measureText(text).width;
    texts.push({ text, x: x + 5 + width < frame.right ? x + 5 : x - 5 - width, y: frame.height - 9, ink: colour, rank: 0 });
  };
  line(view.world.healed_us, colours.good, "everything heals");
  line(view.world.violated_us, colours.bad, "a promise is broken");
}

function drawBands(context: CanvasRenderingContext2D, view: View, frame: Frame, texts: Text[], colours: Palette): void {
  const [since, until] = view.times;
  for (const band of view.bands) {
    if (band.start > until || band.end < since) continue;
    const lane = frame.lanes.of(band);
    if (!lane) continue;
    const x0 = toX(frame, band.start);
    const x1 = Math.max(x0 + 3, toX(frame, band.end));
    const y = lane.top - frame.scrolled;
    context.fillStyle = colours["bad-wash"];
    context.fillRect(x0, y + 2, x1 - x0, lane.height - 5);
    context.fillStyle = colours.bad;
    context.fillRect(x0, y + 2, 2, lane.height - 5);
    texts.push({ text: band.kind, x: Math.max(x0, frame.left) + 6, y: y + lane.height - 13, ink: colours.bad, rank: 1 });
  }
}

function drawStays(context: CanvasRenderingContext2D, view: View, frame: Frame, texts: Text[], colours: Palette): void {
  const [from, to] = view.times;
  const of = view.merged ? " the agreed log" : "";
  view.stays.forEach((stays, node) => {
    const y = toY(frame, frame.lanes.node(node));
    for (const stay of stays) {
      if (stay.start > to || stay.end < from) continue;
      const x0 = Math.max(frame.left, toX(frame, stay.start));
      const x1 = Math.min(frame.right, toX(frame, stay.end));
      context.strokeStyle = stay.up ? (stay.leads ? colours.good : colours.soft) : colours.faint;
      context.lineWidth = stay.leads ? 5 : 1.5;
      context.setLineDash(stay.up ? [] : [2, 5]);
      context.beginPath();
      context.moveTo(x0, y);
      context.lineTo(x1, y);
      context.stroke();
      context.setLineDash([]);
      if (!stay.leads || x1 - x0 < 90) continue;
      texts.push({ text: `leads${of}, term ${stay.term}`, x: x0 + 4, y: y - 13, ink: colours.good, rank: 0 });
    }
  });
}

const colourOf = (sort: Sort, colours: Palette): string =>
  sort === "vote" ? colours.cas : sort === "routine" ? colours.faint : colours.write;

function drawMessages(context: CanvasRenderingContext2D, frame: Frame, messages: Message[], colours: Palette): void {
  const heads = messages.length <= HEADS_MAX;
  context.lineWidth = heads ? 1.25 : 0.75;
  context.globalAlpha = heads ? 1 : 0.6;
  // One path for each colour: that many strokes would be slow one by one.
  for (const sort of ["routine", "data", "vote"] as const) {
    context.strokeStyle = context.fillStyle = colourOf(sort, colours);
    const arrows: Segment[] = [];
    context.beginPath();
    for (const message of messages) {
      if (message.sort !== sort || !message.received) continue;
      const line = segment(frame, message);
      context.moveTo(line.x0, line.y0);
      context.lineTo(line.x1, line.y1);
      if (heads) arrows.push(line);
    }
    context.stroke();
    if (heads) drawHeads(context, arrows);
  }
  context.globalAlpha = 1;
  drawLost(context, frame, messages, colours);
}

function drawHeads(context: CanvasRenderingContext2D, lines: Segment[]): void {
  context.beginPath();
  for (const { x0, y0, x1, y1 } of lines) {
    const angle = Math.atan2(y1 - y0, x1 - x0);
    context.moveTo(x1, y1);
    for (const side of [-0.4, 0.4]) context.lineTo(x1 - 7 * Math.cos(angle + side), y1 - 7 * Math.sin(angle + side));
    context.lineTo(x1, y1);
  }
  context.fill();
}

/** Messages that were lost: dashed, with a cross at their end. */
function drawLost(context: CanvasRenderingContext2D, frame: Frame, messages: Message[], colours: Palette): void {
  context.strokeStyle = colours.bad;
  context.lineWidth = 1.25;
  const lines = messages.filter((message) => !message.received).map((message) => segment(frame, message));
  context.setLineDash([4, 3]);
  context.beginPath();
  for (const { x0, y0, x1, y1 } of lines) {
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
  }
  context.stroke();
  context.setLineDash([]);
  context.beginPath();
  for (const { x1, y1 } of lines) {
    for (const side of [-1, 1]) {
      context.moveTo(x1 - 3.5, y1 - 3.5 * side);
      context.lineTo(x1 + 3.5, y1 + 3.5 * side);
    }
  }
  context.stroke();
}

/** Requests and answers on their way. */
function drawTravels(context: CanvasRenderingContext2D, frame: Frame, calls: Call[], colours: Palette): void {
  context.strokeStyle = colours.line;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  context.beginPath();
  for (const call of calls) {
    const lane = frame.lanes.client(call.client);
    if (!lane) continue;
    const [client, node] = [toY(frame, lane) - BAR / 2, toY(frame, frame.lanes.node(call.node)) + 6];
    if (call.arrived !== null) {
      context.moveTo(toX(frame, call.start), client);
      context.lineTo(toX(frame, call.arrived), node);
    }
    if (call.answered !== null && call.end !== Infinity) {
      context.moveTo(toX(frame, call.answered), node);
      context.lineTo(toX(frame, call.end), client);
    }
  }
  context.stroke();
  context.setLineDash([]);
}

function drawCall(context: CanvasRenderingContext2D, frame: Frame, call: Call, colours: Palette): void {
  const found = bar(frame, call);
  if (!found) return;
  const { x0, x1, y } = found;
  const firm = call.writes ? colours.write : colours.read;
  const width = Math.min(x1, frame.right + 20) - Math.max(x0, frame.left - 20);
  if (width <= 0) return;
  const left = Math.max(x0, frame.left - 20);
  context.fillStyle = call.writes && call.fate === "done" ? firm : call.writes ? colours.card : colours["read-fill"];
  context.beginPath();
  context.roundRect(left, y - BAR / 2, width, BAR, Math.min(4, width / 3));
  context.fill();
  if (call.fate !== "done") {
    context.strokeStyle = call.fate === "refused" ? colours.soft : firm;
    context.lineWidth = 1.25;
    context.setLineDash([3, 2]);
    context.stroke();
    context.setLineDash([]);
  } else if (!call.writes) {
    context.fillStyle = firm;
    context.fillRect(left, y - BAR / 2, Math.min(4, width), BAR);
  }
}

const SIGNS: Record<string, string> = { crash: "✕", start: "▶", note: "•", violated: "✕" };

function drawMarks(context: CanvasRenderingContext2D, view: View, frame: Frame, room: Room, colours: Palette): void {
  context.font = `13px ${FONT}`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (const mark of view.marks) {
    const x = toX(frame, mark.start);
    const lane = frame.lanes.of(mark);
    if (!lane || x < frame.left - 8 || x > frame.right + 8) continue;
    // Of marks that would cover each other one stands for all.
    if (!room.take(around(x, toY(frame, lane), 11, 13))) continue;
    const bad = mark.kind === "crash" || mark.kind === "violated";
    context.fillStyle = bad ? colours.bad : mark.kind === "start" ? colours.good : colours.ink;
    context.strokeStyle = colours.card;
    context.lineWidth = 4;
    const sign = SIGNS[mark.kind] ?? "◆";
    context.strokeText(sign, x, toY(frame, lane) + 1);
    context.fillText(sign, x, toY(frame, lane) + 1);
  }
}

/** Frames the operations of the clash, and draws why each must come before the next. */
function drawClash(context: CanvasRenderingContext2D, view: View, frame: Frame, room: Room, colours: Palette): void {
  const { clash } = view;
  if (!clash) return;
  const boxes = new Map<number, { x0: number; x1: number; y: number }>();
  const frames: [Box, number][] = [];
  clash.clash.forEach((place, at) => {
    const found = bar(frame, view.calls[place]);
    if (!found) return;
    boxes.set(place, { ...found, x1: Math.min(found.x1, frame.right + 30) });
    context.strokeStyle = colours.bad;
    context.lineWidth = 2.5;
    context.beginPath();
    const framed: Box = { x0: found.x0 - 3, y0: found.y - 13, x1: Math.min(found.x1, frame.right + 30) + 3, y1: found.y + 13 };
    context.roundRect(framed.x0, framed.y0, framed.x1 - framed.x0, 26, 6);
    context.stroke();
    frames.push([framed, at + 1]);
  });
  // Over all frames, since some overlap.
  for (const [framed, number] of frames) numberFrame(context, framed, number, room, colours);
  const bars = [...boxes.values()].map(block);
  const links = clash.cycle.flatMap(([first, second, why]) => {
    const [from, to] = [boxes.get(first), boxes.get(second)];
    return from && to ? [{ from, to, why }] : [];
  });
  drawLinks(context, links, 13, colours, frame, bars, room);
}

function drawChosen(context: CanvasRenderingContext2D, frame: Frame, thing: Thing, firm: boolean, colours: Palette): void {
  context.strokeStyle = colours.ink;
  context.lineWidth = firm ? 2.5 : 1.5;
  context.beginPath();
  if (thing.is === "message") {
    const { x0, y0, x1, y1 } = segment(frame, thing);
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
    drawHeads(context, [{ x0, y0, x1, y1 }]);
    return;
  }
  if (thing.is === "call") {
    const found = bar(frame, thing);
    if (!found) return;
    context.roundRect(found.x0 - 2.5, found.y - 13, Math.min(found.x1, frame.right + 9) - found.x0 + 5, 26, 6);
    return context.stroke();
  }
  const lane = frame.lanes.of(thing);
  if (!lane) return;
  if (thing.is === "mark") context.arc(toX(frame, thing.start), toY(frame, lane), 9, 0, 7);
  else {
    const x0 = toX(frame, thing.start);
    context.rect(x0, lane.top - frame.scrolled + 2, Math.max(3, toX(frame, thing.end) - x0), lane.height - 5);
  }
  context.stroke();
}
