/**
 * Text blocks: bullets, steps and paragraphs, sized to their place; what does not fit goes on to another page.
 */

import { isRightToLeft, paragraphs, plain, points, runs } from '../text.js';
import { fontFactor, lineCount, textHeight } from '../measure.js';

/** Font sizes in points, the preferred one first. Below 14 a room cannot read it. */
const SIZES = [24, 22, 20, 18, 16, 14];

/** In a column or box: never larger than the words of a whole slide. */
const SMALL_SIZES = [18, 16, 14, 13, 12];

/** A level below is smaller by this, and never below the smallest. */
const LEVEL_STEP = 2;
const SMALLEST = 12;

/** The indent of one level and the space above a point, in font sizes. */
const INDENT = 1.15;
const ABOVE = [0.55, 0.3, 0.25, 0.25];

const GLYPHS = ['2022', '2013', '2022', '2013'];

/** What a block of words says: `kind` is how its paragraphs begin. */
export function wordsOf(block) {
  switch (block.tag) {
    case 'bullets':
      return { kind: 'bullet', items: points(block.val) };
    case 'steps':
      return { kind: 'number', items: points(block.val) };
    default:
      return { kind: 'none', items: paragraphs(block.val) };
  }
}

/**
 * Words laid out for `rect`: one page when they fit at one of the sizes, more pages at a comfortable size when they do not.
 *
 * A page is `{ items, size }`.
 */
export function layOutWords(words, rect, theme, { small = false } = {}) {
  const sizes = small ? SMALL_SIZES : SIZES;
  const height = (items, size) => heightOf(items, words.kind, rect.w, size, theme);
  const size = sizes.find((one) => height(words.items, one) <= rect.h);
  if (size !== undefined) return [{ items: words.items, size, start: 1, air: airIn(words.items, rect.h - height(words.items, size), size) }];
  // Two pages at a size people can read are better than one they cannot.
  return paginate(words.items, small ? 14 : 18, rect.h, height);
}

/** How much wider than usual the space between points is, so that a few points do not huddle at the top: 1 to 2.4. */
function airIn(items, free, size) {
  const usual = items.slice(1).reduce((sum, item) => sum + (ABOVE[item.level] * levelSize(size, item.level)) / 72, 0);
  return usual > 0 ? Math.min(2.4, 1 + (0.5 * free) / usual) : 1;
}

function paginate(given, size, room, height) {
  const items = given.flatMap((item) => cut(item, (one) => height([one], size) <= room));
  const pages = [];
  let page = [];
  let numbered = 1;
  let start = 1;
  for (const item of items) {
    if (page.length > 0 && height([...page, item], size) > room) {
      // A heading point does not stay behind alone: it moves on with the points below it.
      const carried = item.level > 0 && page.length > 1 && page[page.length - 1].level < item.level ? [page.pop()] : [];
      pages.push({ items: page, size, start });
      page = carried;
      start = numbered - carried.filter((one) => one.level === 0).length;
    }
    page.push(item);
    if (item.level === 0 && !item.continued) numbered += 1;
  }
  pages.push({ items: page, size, start });
  return pages;
}

/** A point longer than a page, in parts that fit; the second part on has no bullet. */
function cut(item, fits) {
  if (fits(item) || item.text.length < 40) return [item];
  const middle = item.text.length >> 1;
  const space = item.text.indexOf(' ', middle);
  const at = space > 0 ? space : middle;
  const second = { ...item, text: item.text.slice(at).trim(), continued: true };
  return [...cut({ ...item, text: item.text.slice(0, at).trim() }, fits), ...cut(second, fits)];
}

function heightOf(items, kind, width, size, theme) {
  let total = 0;
  items.forEach((item, i) => {
    const own = levelSize(size, item.level);
    const room = width - indentOf(kind, size, item.level);
    total += textHeight(lineCount(plain(item.text), room, own, fontFactor(theme.bodyFont)), own);
    if (i > 0) total += (ABOVE[item.level] * own) / 72;
  });
  return total;
}

function levelSize(size, level) {
  return Math.max(SMALLEST, size - LEVEL_STEP * level);
}

function indentOf(kind, size, level) {
  return kind === 'none' ? 0 : (INDENT * size * (level + 1)) / 72;
}

/** The paragraphs of a page as pptxgenjs wants them. */
export function textProps(page, kind, { color, language, align } = {}) {
  const props = [];
  page.items.forEach((item, i) => {
    const size = levelSize(page.size, item.level);
    const rtl = isRightToLeft(item.text);
    const parts = runs(item.text);
    parts.forEach((run, at) => {
      const first = at === 0;
      props.push({
        text: run.text,
        options: {
          fontSize: size,
          lang: language,
          ...(color && !run.link ? { color } : {}),
          ...(run.bold ? { bold: true } : {}),
          ...(run.link ? { hyperlink: { url: run.link } } : {}),
          ...(first ? bulletOf(kind, page, item) : {}),
          ...(rtl ? { rtlMode: true, align: 'right' } : { align: align ?? 'left' }),
          ...(item.level > 0 ? { indentLevel: item.level } : {}),
          paraSpaceBefore: i > 0 ? Math.round(ABOVE[item.level] * size * (item.level === 0 ? page.air ?? 1 : 1) * 10) / 10 : 0,
          breakLine: at === parts.length - 1,
        },
      });
    });
  });
  return props;
}

function bulletOf(kind, page, item) {
  const indent = INDENT * page.size;
  if (kind === 'none' || item.continued) return {};
  if (kind === 'number' && item.level === 0) return { bullet: { type: 'number', indent, numberStartAt: page.start } };
  return { bullet: { characterCode: GLYPHS[item.level], indent } };
}

/** Puts a page of words at `rect`, or into the layout's placeholder for them. */
export function drawWords(slide, page, kind, rect, context) {
  if (context.placeholder) {
    slide.addText(textProps(page, kind, { language: context.language }), { placeholder: context.placeholder, objectName: context.name('Text') });
    return;
  }
  slide.addText(textProps(page, kind, { language: context.language, color: 'tx1' }), {
    ...rect, margin: 0, valign: 'top', isTextBox: true, objectName: context.name('Text'),
  });
}
