/** Somebody's words, large, with who said them below. */

import { refuse } from '../refuse.js';
import { clean, isRightToLeft, oneLine } from '../text.js';
import { fontFactor, lineCount, textHeight } from '../measure.js';

const MAX_LENGTH = 800;
const SIZES = [30, 28, 24, 22, 20, 18, 16, 14];

export function readQuote(quote) {
  const text = clean(quote.text).trim();
  if (!text) throw refuse('the quotation is empty');
  if (text.length > MAX_LENGTH) throw refuse(`the quotation has ${text.length} characters; at most ${MAX_LENGTH} can be read from a slide`);
  return { text, by: quote.by ? oneLine(quote.by) : undefined, role: quote.role ? oneLine(quote.role) : undefined };
}

/** Puts a quotation at `rect`, in the middle of its height. */
export function drawQuote(slide, quote, rect, context) {
  const { theme, language } = context;
  const x = rect.x + 0.45;
  const w = rect.w - 0.9;
  const byHeight = quote.by || quote.role ? 0.7 : 0;
  const factor = fontFactor(theme.headingFont);
  const height = (one) => textHeight(lineCount(quote.text, w, one, factor), one);
  const size = SIZES.find((one) => height(one) <= rect.h - byHeight - 0.3) ?? SIZES[SIZES.length - 1];
  const used = Math.min(height(size) + 0.1, rect.h - byHeight);
  const top = rect.y + Math.max(0, (rect.h - used - byHeight - 0.25) / 2.4);
  const rtl = isRightToLeft(quote.text);
  const side = rtl ? { x: rect.x + rect.w - 0.07 } : { x: rect.x };
  slide.addShape('rect', { ...side, y: top, w: 0.07, h: used + byHeight + 0.15, fill: { color: 'accent2' }, objectName: context.name('Quote edge') });
  slide.addText(quote.text, {
    x, y: top, w, h: used, margin: 0, valign: 'top', fontSize: size, color: 'tx1', fontFace: '+mj-lt', lang: language,
    isTextBox: true, objectName: context.name('Quote'), ...(rtl ? { rtlMode: true, align: 'right' } : { align: 'left' }),
  });
  if (!byHeight) return;
  const lines = [];
  if (quote.by) lines.push({ text: quote.by, options: { bold: true, color: 'tx1', lang: language, breakLine: quote.role !== undefined } });
  if (quote.role) lines.push({ text: quote.role, options: { color: theme.muted, lang: language } });
  slide.addText(lines, {
    x, y: top + used + 0.15, w, h: byHeight, margin: 0, valign: 'top', fontSize: 14, align: rtl ? 'right' : 'left',
    isTextBox: true, objectName: context.name('Speaker'),
  });
}
