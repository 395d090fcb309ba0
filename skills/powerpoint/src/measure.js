/**
 * How much room text takes, without a font file: widths of Helvetica for Latin letters, one em for wide characters.
 *
 * Good to a few per cent for the usual fonts, and on the safe side. It decides font sizes and where a slide is full; the
 * exact line breaks are PowerPoint's.
 */

const POINTS_PER_INCH = 72;

/** Distance of two lines, in font sizes. */
export const LINE = 1.2;

/** Widths of U+0020 to U+007E in thousandths of the font size, from Adobe's Helvetica metrics. */
const LATIN = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778,
  667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556,
  556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

/** Other fonts compared with Helvetica; those not listed count as a little wider. */
const FONTS = { Arial: 1, Helvetica: 1, Calibri: 0.92, Cambria: 0.98, Georgia: 1.05, Verdana: 1.17, Tahoma: 1.02 };
const UNKNOWN_FONT = 1.06;
const BOLD = 1.07;

/** How wide a font is, compared with Helvetica. */
export function fontFactor(name, bold = false) {
  return (FONTS[name] ?? UNKNOWN_FONT) * (bold ? BOLD : 1);
}

const ZERO_WIDTH = /[\p{Mn}\p{Me}\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f]/u;

/** Scripts without spaces and with square characters: a line may break after each. */
function isWide(code) {
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3)
    || (code >= 0xf900 && code <= 0xfaff) || (code >= 0xff00 && code <= 0xff60) || code >= 0x1f000;
}

function charWidth(char) {
  const code = char.codePointAt(0);
  if (code >= 0x20 && code <= 0x7e) return LATIN[code - 0x20];
  if (isWide(code)) return 1000;
  return ZERO_WIDTH.test(char) ? 0 : 580;
}

/** The width of a line in inches at one point of font size and the width of Helvetica. */
export function unitWidth(text) {
  let total = 0;
  for (const char of text) total += charWidth(char);
  return total / 1000 / POINTS_PER_INCH;
}

/** How many lines `text` takes in `width` inches. `factor` is the font's. */
export function lineCount(text, width, size, factor = 1) {
  return text.split('\n').reduce((sum, line) => sum + wrapped(line, width / (size * factor)), 0);
}

/** `room` is the width in inches at one point of font size. */
function wrapped(line, room) {
  let lines = 1;
  let used = 0;
  for (const piece of pieces(line)) {
    const width = unitWidth(piece);
    if (used + unitWidth(piece.trimEnd()) <= room) {
      used += width;
    } else if (width <= room) {
      lines += 1;
      used = width;
    } else {
      // A word longer than the line is broken anywhere.
      const rows = Math.ceil((used + width) / room);
      lines += rows - 1;
      used = used + width - (rows - 1) * room;
    }
  }
  return lines;
}

/** Words with the space after them, and single wide characters. */
function pieces(line) {
  const found = [];
  let word = '';
  for (const char of line) {
    if (isWide(char.codePointAt(0))) {
      if (word) found.push(word);
      found.push(char);
      word = '';
    } else {
      word += char;
      if (char === ' ') {
        found.push(word);
        word = '';
      }
    }
  }
  if (word) found.push(word);
  return found;
}

/** The height of lines of text in inches. */
export function textHeight(lines, size) {
  return (lines * size * LINE) / POINTS_PER_INCH;
}

/** The largest of `sizes` (falling) at which `text` takes at most `maxLines` lines of `width`; the smallest when none does. */
export function fitLines(text, width, maxLines, sizes, factor = 1) {
  const size = sizes.find((one) => lineCount(text, width, one, factor) <= maxLines);
  return { size: size ?? sizes[sizes.length - 1], fits: size !== undefined };
}
