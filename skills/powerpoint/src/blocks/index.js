/**
 * The kinds of things a slide shows: each is read (checked) once, laid out for its place, and drawn.
 *
 * `layOut` gives the pages a block needs: one, or more for words and tables that are too long for their place.
 */

import { refuse } from '../refuse.js';
import { drawChart, readChart } from './chart.js';
import { drawFigures, readFigures } from './figures.js';
import { drawImage, readImage } from './image.js';
import { drawQuote, readQuote } from './quote.js';
import { drawTable, layOutTable, readTable } from './table.js';
import { drawWords, layOutWords, wordsOf } from './words.js';

/** 20,000 characters of words: about twenty full slides from one. */
const MAX_WORDS = 20_000;

/** Reads a block: `{ kind, content }`. */
export function readBlock(block, pictures) {
  switch (block.tag) {
    case 'bullets':
    case 'steps':
    case 'text':
      return { kind: 'words', content: readWords(block) };
    case 'table':
      return { kind: 'table', content: readTable(block.val) };
    case 'chart':
      return { kind: 'chart', content: readChart(block.val) };
    case 'image':
      return { kind: 'image', content: readImage(block.val, pictures) };
    case 'numbers':
      return { kind: 'numbers', content: readFigures(block.val) };
    case 'quote':
      return { kind: 'quote', content: readQuote(block.val) };
    default:
      throw refuse(`\`${block.tag}\` is no kind of block`);
  }
}

function readWords(block) {
  const length = [block.val].flat().reduce((sum, text) => sum + text.length, 0);
  if (length > MAX_WORDS) throw refuse(`the words have ${length} characters; at most ${MAX_WORDS} are taken for one slide`);
  const words = wordsOf(block);
  if (words.items.length === 0) throw refuse(`\`${block.tag}\` holds no words`);
  return words;
}

/** The pages of a block in `rect`. `small` is for columns and boxes. */
export function layOut(block, rect, theme, small = false) {
  if (block.kind === 'words') return layOutWords(block.content, rect, theme, { small });
  if (block.kind === 'table') return layOutTable(block.content, rect, theme);
  return [{}];
}

/** Puts one page of a block at `rect`. */
export function draw(slide, block, page, rect, context) {
  switch (block.kind) {
    case 'words':
      return drawWords(slide, page, block.content.kind, rect, context);
    case 'table':
      return drawTable(slide, block.content, page, rect, context);
    case 'chart':
      // Labels of a small chart are smaller, and those of a large one can be read from the last row.
      return drawChart(slide, block.content, rect, { ...context, size: rect.w > 7 ? 14 : 12 });
    case 'image':
      return drawImage(slide, block.content, rect, context);
    case 'numbers':
      return drawFigures(slide, block.content, rect, context);
    default:
      return drawQuote(slide, block.content, rect, context);
  }
}
