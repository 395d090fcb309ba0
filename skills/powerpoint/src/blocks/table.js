/**
 * Tables: columns as wide as their content needs, numbers to the right, thin rules and no boxes; long ones go on.
 */

import { refuse } from '../refuse.js';
import { clean, isRightToLeft, plain, runs } from '../text.js';
import { LINE, fontFactor, lineCount, unitWidth } from '../measure.js';
import { formatCell, isNumber, parseFormat } from '../numbers.js';

const MAX_COLUMNS = 12;
/** 2,000 rows make about a hundred slides; more is a spreadsheet. */
const MAX_ROWS = 2000;
/** 2,000 characters of one cell fill half a slide. */
const MAX_CELL = 2000;

const SIZES = [16, 14, 13, 12, 11, 10];
/** What a table that goes on is written in. */
const PAGED_SIZE = 12;

/** Space inside a cell, in inches. */
const PAD = { x: 0.1, y: 0.055 };

/** A column is at least this part of the table. */
const MIN_SHARE = 0.04;

/** Reads and checks a table. */
export function readTable(table) {
  const count = table.columns.length;
  if (count < 1 || count > MAX_COLUMNS) throw refuse(`a table has 1 to ${MAX_COLUMNS} columns, and this one has ${count}`);
  if (table.rows.length === 0) throw refuse('the table has no rows');
  if (table.rows.length > MAX_ROWS) throw refuse(`a table has at most ${MAX_ROWS} rows, and this one has ${table.rows.length}`);
  const formats = table.columns.map((column) => (column.numberFormat == null ? undefined : parseFormat(column.numberFormat)));
  const rows = table.rows.map((row, r) => readRow(row, r, count, formats));
  const columns = table.columns.map((column, c) => readColumn(column, c, table.rows));
  return { columns, rows, total: table.total ?? false };
}

function readRow(row, index, count, formats) {
  if (row.length !== count) {
    throw refuse(`row ${index + 1} has ${row.length} cells and the table ${count} columns; write an empty text for an empty cell`);
  }
  return row.map((cell, c) => {
    if (cell.length > MAX_CELL) throw refuse(`a cell of row ${index + 1} has ${cell.length} characters; at most ${MAX_CELL} are taken`);
    return clean(formatCell(cell, formats[c])).trim();
  });
}

function readColumn(column, index, rows) {
  if (column.width != null && !(column.width > 0 && column.width <= 100)) {
    throw refuse(`the width of column ${index + 1} is ${column.width}; a share is above 0 and at most 100`);
  }
  const cells = rows.map((row) => row[index]).filter((cell) => cell.trim() !== '');
  const numeric = cells.length > 0 && cells.every((cell) => isNumber(cell) || /^[-+$€£¥(]?\s?[\d.,]+\s?[%)a-zA-Z]{0,2}$/.test(cell.trim()));
  return { header: clean(column.header).trim(), width: column.width ?? undefined, align: column.align ?? (numeric ? 'right' : 'left') };
}

/** A table laid out for `rect`: `{ rows, size, heights, widths, last }` for each page. */
export function layOutTable(table, rect, theme) {
  const factor = fontFactor(theme.bodyFont);
  const at = (size) => {
    const widths = columnWidths(table, rect.w, size, factor);
    const height = (cells, bold) => rowHeight(cells, widths, size, fontFactor(theme.bodyFont, bold));
    return { size, widths, header: height(table.columns.map((column) => column.header), true), rows: table.rows.map((row) => height(row)) };
  };
  const sum = (heights) => heights.reduce((total, one) => total + one, 0);
  for (const size of SIZES) {
    const made = at(size);
    if (made.header + sum(made.rows) <= rect.h) return [page(table, made, 0, table.rows.length, rect)];
  }
  return paginate(table, at(PAGED_SIZE), rect);
}

function paginate(table, made, rect) {
  const room = rect.h - made.header;
  const pages = [];
  let from = 0;
  let used = 0;
  made.rows.forEach((height, r) => {
    if (r > from && used + height > room) {
      pages.push(page(table, made, from, r, rect));
      from = r;
      used = 0;
    }
    used += height;
  });
  pages.push(page(table, made, from, table.rows.length, rect));
  return pages;
}

function page(table, made, from, to, rect) {
  const heights = [made.header, ...made.rows.slice(from, to)];
  const used = heights.reduce((total, one) => total + one, 0);
  // A short table breathes: its rows grow, but never to more than one and a half times what they need.
  const stretch = Math.min(1.5, Math.max(1, (rect.h * 0.92) / used));
  const whole = to - from === table.rows.length;
  return {
    rows: table.rows.slice(from, to),
    heights: heights.map((height) => (whole ? height * stretch : height)),
    widths: made.widths,
    size: made.size,
    last: to === table.rows.length,
    overflows: used > rect.h * 1.02,
  };
}

function rowHeight(cells, widths, size, factor) {
  const lines = cells.map((cell, c) => lineCount(plain(cell), widths[c] - 2 * PAD.x, size, factor));
  return (Math.max(1, ...lines) * size * LINE) / 72 + 2 * PAD.y;
}

/** Widths in inches: as given, or by the widest cell within limits. */
function columnWidths(table, width, size, factor) {
  if (table.columns.some((column) => column.width !== undefined)) {
    return scale(table.columns.map((column) => column.width ?? 1), width);
  }
  const natural = table.columns.map((column, c) => {
    const header = unitWidth(column.header) * 1.08;
    const widest = table.rows.slice(0, 200).reduce((most, row) => Math.max(most, unitWidth(plain(row[c]))), header);
    return widest * size * factor + 2 * PAD.x + 0.15;
  });
  // A column of sentences does not starve the others: beyond a fair share it wraps.
  const fair = width / table.columns.length;
  const total = natural.reduce((sum, one) => sum + one, 0);
  if (total <= width) return scale(natural, width);
  return scale(natural.map((one) => (one <= fair ? one : fair + (one - fair) ** 0.75)), width);
}

function scale(shares, width) {
  const total = shares.reduce((sum, one) => sum + one, 0);
  const raised = shares.map((one) => Math.max(one / total, MIN_SHARE));
  const again = raised.reduce((sum, one) => sum + one, 0);
  return raised.map((one) => (one / again) * width);
}

/** Puts a page of a table at `rect`. */
export function drawTable(slide, table, page, rect, context) {
  const { theme, language } = context;
  const cell = (text, c, options) => ({
    text: cellText(text, options, language),
    options: {
      align: isRightToLeft(plain(text)) && table.columns[c].align === 'left' ? 'right' : table.columns[c].align,
      valign: 'middle', fontSize: page.size, margin: [PAD.y, PAD.x, PAD.y, PAD.x], ...options,
    },
  });
  const none = { type: 'none' };
  const rule = (color, pt) => ({ type: 'solid', color, pt });
  const header = table.columns.map((column, c) =>
    cell(column.header, c, { bold: true, color: 'accent1', valign: 'bottom', border: [none, none, rule('accent1', 1.5), none] }));
  const rows = page.rows.map((row, r) => {
    const isTotal = table.total && page.last && r === page.rows.length - 1;
    const below = rule(isTotal ? theme.text : theme.line, isTotal ? 1 : 0.5);
    const above = isTotal ? rule(theme.text, 1) : none;
    return row.map((text, c) => cell(text, c, { color: 'tx1', bold: isTotal, border: [above, none, below, none] }));
  });
  slide.addTable([header, ...rows], {
    x: rect.x, y: rect.y, w: rect.w, h: page.heights.reduce((sum, one) => sum + one, 0), colW: page.widths, rowH: page.heights,
    objectName: context.name('Table', `Table of ${table.columns.map((column) => plain(column.header)).join(', ')}`),
  });
}

function cellText(text, options, language) {
  return runs(text).map((run) => ({
    text: run.text,
    options: {
      lang: language,
      color: options.color,
      bold: options.bold || run.bold || false,
      ...(run.link ? { hyperlink: { url: run.link } } : {}),
      ...(isRightToLeft(run.text) ? { rtlMode: true } : {}),
    },
  }));
}
