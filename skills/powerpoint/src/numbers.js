/**
 * Number formats: the part of Excel's that people use, for table cells; charts hand the same code to PowerPoint.
 *
 * `#,##0.0`, `0%`, `$#,##0`, `0.0,,"M"` (each comma after the digits divides by a thousand) and words in quotation marks
 * before or after the digits.
 */

import { refuse } from './refuse.js';

const SIGNS = '[$€£¥+\\- ]';
const WORDS = `(?:"[^"\\\\]{0,20}"|${SIGNS})*`;
const FORMAT = new RegExp(`^(${WORDS})(#,##0|0|#)(?:\\.(0{1,6}))?(,{0,4})(%?)(${WORDS})$`);

/** A plain number as a cell may hold it. */
const PLAIN = /^-?\d{1,15}(?:\.\d{1,12})?$/;

/** Reads a format code. Anything else could make PowerPoint call the file damaged, so it is refused. */
export function parseFormat(code) {
  const found = FORMAT.exec(code);
  if (!found) {
    throw refuse(`the number format \`${code.slice(0, 40)}\` is not understood; write one such as #,##0 or 0.0% or $#,##0.0,,"M"`);
  }
  const [, before, digits, decimals, commas, percent, after] = found;
  return {
    code,
    before: unquoted(before),
    grouped: digits === '#,##0',
    decimals: decimals?.length ?? 0,
    divide: 1000 ** commas.length,
    percent: percent === '%',
    after: unquoted(after),
  };
}

/** Whether a cell is a plain number. */
export function isNumber(cell) {
  return PLAIN.test(cell.trim());
}

/** A cell as it is shown: formatted when it is a plain number and there is a format. */
export function formatCell(cell, format) {
  return format && isNumber(cell) ? formatNumber(Number(cell), format) : cell;
}

/** A number in a format. */
export function formatNumber(value, format) {
  const scaled = (Math.abs(value) / format.divide) * (format.percent ? 100 : 1);
  let [whole, part] = scaled.toFixed(format.decimals).split('.');
  if (format.grouped) whole = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  const digits = part ? `${whole}.${part}` : whole;
  const minus = value < 0 && /[1-9]/.test(digits) ? '-' : '';
  return `${minus}${format.before}${digits}${format.percent ? '%' : ''}${format.after}`;
}

function unquoted(words) {
  return words.replace(/"/g, '');
}
