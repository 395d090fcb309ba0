/** Reads a deck's description: everything that can be wrong with it is found here, before anything is drawn. */

import { GRID } from './grid.js';
import { Pictures } from './pictures.js';
import { at, refuse } from './refuse.js';
import { clean, oneLine, plain } from './text.js';
import { readBlock } from './blocks/index.js';

/** 500 slides: the largest decks people keep in one file. */
export const MAX_SLIDES = 500;

/** Characters. A title is a sentence; a subtitle, footer or source is one line. */
const MAX_TITLE = 200;
const MAX_LINE = 200;
/** Characters of notes: ten minutes of talk. */
const MAX_NOTES = 10_000;

const MAX_COLUMNS = 4;
const MAX_BOXES = 12;

/** The description with its text cleaned, its blocks read and its pictures loaded. */
export function readDeck(deck, read) {
  const pictures = new Pictures(read);
  const count = deck.slides.length;
  if (count < 1 || count > MAX_SLIDES) throw refuse(`a deck has 1 to ${MAX_SLIDES} slides, and this one has ${count}`);
  const title = limited(deck.title, 'the title of the deck', MAX_TITLE);
  if (!title) throw refuse('the title of the deck is empty');
  const property = (name) => limited(deck[name], name, MAX_LINE) ?? '';
  return {
    title,
    author: property('author'),
    company: property('company'),
    subject: property('subject'),
    language: language(deck.language),
    footer: limited(deck.footer, 'the footer', 120),
    logo: deck.logo ? at('the logo', () => pictures.load(deck.logo)) : undefined,
    numbered: deck.slideNumbers ?? true,
    fileName: fileName(deck.fileName ?? title),
    slides: deck.slides.map((slide, i) => at(`slide ${i + 1}`, () => readSlide(slide, pictures))),
  };
}

function readSlide(slide, pictures) {
  const notes = slide.notes == null ? undefined : clean(slide.notes).trim();
  if (notes && notes.length > MAX_NOTES) throw refuse(`the notes have ${notes.length} characters; at most ${MAX_NOTES} are taken`);
  const read = {
    title: limited(slide.title, 'the title', MAX_TITLE),
    subtitle: limited(slide.subtitle, 'the subtitle', MAX_LINE),
    source: limited(slide.source, 'the source', MAX_LINE),
    notes,
    ...readBody(slide.body, pictures),
  };
  if (!read.title && ['cover', 'section'].includes(read.kind)) throw refuse(`a ${read.kind} slide needs a title`);
  if (!read.title && read.subtitle) throw refuse('a subtitle stands below a title, and there is none');
  return read;
}

function readBody(body, pictures) {
  switch (body.tag) {
    case 'cover':
      return {
        kind: 'cover',
        presenter: limited(body.val.presenter, 'the presenter', MAX_LINE),
        date: limited(body.val.date, 'the date', MAX_LINE),
      };
    case 'section':
      return { kind: 'section' };
    case 'columns':
      return { kind: 'columns', columns: readColumns(body.val, pictures) };
    case 'grid':
      return { kind: 'grid', boxes: readBoxes(body.val, pictures) };
    default:
      return { kind: 'block', block: readBlock(body, pictures) };
  }
}

function readColumns(columns, pictures) {
  if (columns.length < 2 || columns.length > MAX_COLUMNS) {
    throw refuse(`2 to ${MAX_COLUMNS} columns stand beside each other, and ${columns.length} are given`);
  }
  return columns.map((column, i) => at(`column ${i + 1}`, () => {
    const share = column.width ?? 1;
    if (!(share >= 0.1 && share <= 10)) throw refuse(`its width is ${share}; a share is 0.1 to 10`);
    return { share, heading: limited(column.heading, 'the heading', MAX_LINE), block: readBlock(column.body, pictures) };
  }));
}

function readBoxes(boxes, pictures) {
  if (boxes.length < 1 || boxes.length > MAX_BOXES) throw refuse(`a grid has 1 to ${MAX_BOXES} boxes, and ${boxes.length} are given`);
  const taken = new Map();
  return boxes.map((box, i) => at(`box ${i + 1}`, () => {
    const fits = box.column >= 1 && box.row >= 1 && box.width >= 1 && box.height >= 1
      && box.column + box.width - 1 <= GRID.columns && box.row + box.height - 1 <= GRID.rows;
    if (!fits) throw refuse(`it reaches beyond the grid of ${GRID.columns} columns and ${GRID.rows} rows, which both count from 1`);
    claim(taken, box, i + 1);
    return {
      place: { column: box.column, row: box.row, width: box.width, height: box.height },
      heading: limited(box.heading, 'the heading', MAX_LINE),
      block: readBlock(box.body, pictures),
    };
  }));
}

function claim(taken, box, number) {
  for (let row = box.row; row < box.row + box.height; row += 1) {
    for (let column = box.column; column < box.column + box.width; column += 1) {
      const key = `${column},${row}`;
      if (taken.has(key)) throw refuse(`it overlaps box ${taken.get(key)} at column ${column}, row ${row}`);
      taken.set(key, number);
    }
  }
}

/** One line of at most `max` characters without marks, or nothing. */
function limited(text, name, max) {
  if (text == null) return undefined;
  const line = plain(oneLine(text));
  if (line.length > max) throw refuse(`${name} has ${line.length} characters; at most ${max} fit`);
  return line || undefined;
}

function language(tag) {
  if (tag == null) return 'en-US';
  if (!/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/.test(tag)) throw refuse(`\`${tag.slice(0, 20)}\` is no language; write one such as en-GB`);
  return tag;
}

/** A name every file system takes. */
function fileName(asked) {
  const name = oneLine(asked)
    .replace(/\.pptx$/i, '')
    .replace(/[\\/:*?"<>|]+/g, '-')
    .replace(/^[. ]+|[. ]+$/g, '')
    .slice(0, 80)
    .trim();
  return `${name || 'deck'}.pptx`;
}
