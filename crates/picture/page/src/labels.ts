// Where words lie on a canvas: none lies on another.

/** A box of pixels. */
export interface Box {
  x0: number;
  y0: number;
  x1: number;
  y1: number;
}

/** How high the rows are by which boxes are found. */
const ROW = 24;

/** The box of a line of text whose middle is at this height. */
export const line = (x: number, y: number, width: number): Box => ({ x0: x, y0: y - 6.5, x1: x + width, y1: y + 6.5 });

/** The box of that size around a point. */
export const around = (x: number, y: number, width: number, height: number): Box => ({
  x0: x - width / 2, y0: y - height / 2, x1: x + width / 2, y1: y + height / 2,
});

export const meet = (a: Box, b: Box): boolean => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;

/** The places that are taken, in one drawing. */
export class Room {
  private readonly rows = new Map<number, Box[]>();

  /** Takes a place, if it is free. */
  take(box: Box): boolean {
    const rows: number[] = [];
    for (let row = Math.floor(box.y0 / ROW); row <= Math.floor(box.y1 / ROW); row++) rows.push(row);
    if (rows.some((row) => this.rows.get(row)?.some((other) => meet(box, other)))) return false;
    for (const row of rows) {
      const known = this.rows.get(row);
      if (known) known.push(box);
      else this.rows.set(row, [box]);
    }
    return true;
  }
}
