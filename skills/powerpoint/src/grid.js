/**
 * Where things stand on a slide of 13.333 × 7.5 inches (16 : 9), in inches.
 *
 * One set of margins and one title place for every slide: turning pages, nothing jumps.
 */

export const SLIDE = { w: 13.333, h: 7.5 };

/** Left and right margin. */
export const MARGIN = 0.7;

export const WIDTH = SLIDE.w - 2 * MARGIN;

/** The space between columns, boxes and cards. */
export const GAP = 0.4;

/** The title of an ordinary slide: two lines at 26 points. */
export const TITLE = { x: MARGIN, y: 0.45, w: WIDTH, h: 0.9 };

/** Titles leave the corner free when there is a logo. */
export const LOGO = { x: SLIDE.w - MARGIN - 1.3, y: 0.55, w: 1.3, h: 0.6 };

export const SUBTITLE = { x: MARGIN, y: 1.33, w: WIDTH, h: 0.38 };

/** The line of small print at the foot of every ordinary slide. */
export const FOOTER = { y: 7, h: 0.26 };

/** Where the facts come from: the last line above the footer. */
export const SOURCE = { x: MARGIN, y: 6.56, w: WIDTH, h: 0.28 };

const BODY_TOP = 1.6;
const BODY_TOP_BELOW_SUBTITLE = 1.95;
const BODY_BOTTOM = 6.7;
const BODY_BOTTOM_ABOVE_SOURCE = 6.4;

/** The place for the body of an ordinary slide. */
export function bodyRect({ title, subtitle, source }) {
  const top = subtitle ? BODY_TOP_BELOW_SUBTITLE : title ? BODY_TOP : TITLE.y;
  const bottom = source ? BODY_BOTTOM_ABOVE_SOURCE : BODY_BOTTOM;
  return { x: MARGIN, y: top, w: WIDTH, h: bottom - top };
}

/** Columns beside each other in `rect`, as wide as their shares. */
export function columnRects(rect, shares) {
  const all = shares.reduce((sum, share) => sum + share, 0);
  const room = rect.w - GAP * (shares.length - 1);
  let x = rect.x;
  return shares.map((share) => {
    const w = (room * share) / all;
    const found = { x, y: rect.y, w, h: rect.h };
    x += w + GAP;
    return found;
  });
}

export const GRID = { columns: 12, rows: 6 };

/** The place of a box on the 12 × 6 grid in `rect`. */
export function boxRect(rect, box) {
  const cellW = (rect.w - GAP * (GRID.columns - 1)) / GRID.columns;
  const cellH = (rect.h - GAP * (GRID.rows - 1)) / GRID.rows;
  return {
    x: rect.x + (box.column - 1) * (cellW + GAP),
    y: rect.y + (box.row - 1) * (cellH + GAP),
    w: box.width * cellW + (box.width - 1) * GAP,
    h: box.height * cellH + (box.height - 1) * GAP,
  };
}

/** `rect` without `top` inches above and `bottom` below. */
export function inset(rect, top, bottom = 0) {
  return { ...rect, y: rect.y + top, h: rect.h - top - bottom };
}
