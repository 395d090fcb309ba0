/** Big numbers: cards of one size, each with a value, what it is, and how it changed. */

import { refuse } from '../refuse.js';
import { oneLine } from '../text.js';
import { fitLines, fontFactor } from '../measure.js';

const MAX_FIGURES = 8;
const PER_ROW = 4;
const GAP = 0.3;

/** A card is at most this high, so that one row of numbers does not become towers. */
const MAX_CARD_HEIGHT = 2.9;
const PAD = 0.28;

export function readFigures(figures) {
  if (figures.length < 1 || figures.length > MAX_FIGURES) {
    throw refuse(`1 to ${MAX_FIGURES} big numbers stand on a slide, and ${figures.length} are given`);
  }
  return figures.map((figure, i) => {
    const value = oneLine(figure.value);
    if (!value || value.length > 24) throw refuse(`the value of number ${i + 1} has ${value.length} characters; a big number has 1 to 24`);
    return {
      value,
      label: oneLine(figure.label),
      change: figure.change ? oneLine(figure.change) : undefined,
      tone: figure.tone ?? 'neutral',
    };
  });
}

/** Puts the cards at `rect`, in even rows. */
export function drawFigures(slide, figures, rect, context) {
  const perRow = rowLength(figures.length, rect);
  const rows = Math.ceil(figures.length / perRow);
  const w = (rect.w - GAP * (perRow - 1)) / perRow;
  const h = Math.min(MAX_CARD_HEIGHT, (rect.h - GAP * (rows - 1)) / rows);
  const top = rect.y + Math.max(0, (rect.h - rows * h - (rows - 1) * GAP) / 3);
  const size = valueSize(figures, w - 2 * PAD, h, context.theme);
  figures.forEach((figure, i) => {
    const card = { x: rect.x + (i % perRow) * (w + GAP), y: top + Math.floor(i / perRow) * (h + GAP), w, h };
    drawCard(slide, figure, card, size, context);
  });
}

/** Narrow places stack their cards; five stand as three and two, not four and one. */
function rowLength(count, rect) {
  const most = Math.max(1, Math.min(PER_ROW, Math.floor(rect.w / 2.2)));
  const rows = Math.ceil(count / most);
  return Math.ceil(count / rows);
}

/** One size for all cards: the longest value decides. */
function valueSize(figures, width, height, theme) {
  const sizes = [54, 48, 44, 40, 36, 32, 28, 24, 20, 16].filter((size) => size <= height * 22);
  const factor = fontFactor(theme.headingFont, true);
  return Math.min(...figures.map((figure) => fitLines(figure.value, width, 1, sizes.length > 0 ? sizes : [14], factor).size));
}

function drawCard(slide, figure, card, size, context) {
  const { theme, language } = context;
  slide.addShape('rect', { ...card, fill: { color: 'bg2' }, objectName: context.name('Card') });
  slide.addShape('rect', { x: card.x, y: card.y, w: 0.07, h: card.h, fill: { color: 'accent1' }, objectName: context.name('Card edge') });
  const labelSize = card.h < 1.5 || card.w < 2.4 ? 13 : 16;
  const tone = { good: theme.good, bad: theme.bad, neutral: theme.muted }[figure.tone];
  const lines = [
    { text: figure.value, options: { fontSize: size, bold: true, color: 'accent1', fontFace: '+mj-lt', lang: language, breakLine: true } },
    { text: figure.label, options: { fontSize: labelSize, color: 'tx1', lang: language, breakLine: figure.change !== undefined } },
  ];
  if (figure.change) lines.push({ text: figure.change, options: { fontSize: labelSize - 2, bold: true, color: tone, lang: language, paraSpaceBefore: 4 } });
  slide.addText(lines, {
    x: card.x + PAD, y: card.y + 0.1, w: card.w - PAD - 0.12, h: card.h - 0.2, margin: 0, valign: 'middle', align: 'left',
    isTextBox: true, objectName: context.name('Number'),
  });
}
