import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Refusal } from '../src/refuse.js';
import { PIXEL, deckOf, make } from './helper.js';

const slide = (body, rest = {}) => deckOf({ title: 'T', body, ...rest });
const chart = (rest) => ({ chart: { kind: 'column', categories: ['a', 'b'], series: [{ name: 's', values: [1, 2] }], ...rest } });
const table = (rest) => ({ table: { columns: [{ header: 'a' }, { header: 'b' }], rows: [['1', '2']], ...rest } });
const image = (rest) => ({ image: { source: { data: PIXEL }, alt: 'dot', ...rest } });

/** What is wrong, the description, and what the sentence must say. */
const REFUSED = [
  ['no slides', { title: 'T', slides: [] }, /1 to 500 slides, and this one has 0/],
  ['too many slides', deckOf(...Array.from({ length: 501 }, () => ({ title: 'T', body: 'section' }))), /this one has 501/],
  ['an empty title', { title: ' \u0007 ', slides: [{ title: 'T', body: 'section' }] }, /title of the deck is empty/],
  ['a long title', slide({ text: 'x' }, { title: 'x'.repeat(201) }), /slide 1: the title has 201 characters/],
  ['a cover without title', deckOf({ body: { cover: {} } }), /slide 1: a cover slide needs a title/],
  ['a subtitle alone', deckOf({ subtitle: 'x', body: { text: 'x' } }), /a subtitle stands below a title/],
  ['no words', slide({ bullets: ['', ' '] }), /`bullets` holds no words/],
  ['too many words', slide({ text: 'x'.repeat(20_001) }), /20001 characters/],
  ['long notes', slide({ text: 'x' }, { notes: 'x'.repeat(10_001) }), /notes have 10001 characters/],
  ['a ragged table', slide(table({ rows: [['1', '2'], ['3']] })), /row 2 has 1 cells and the table 2 columns/],
  ['a table without columns', slide(table({ columns: [], rows: [[]] })), /1 to 12 columns/],
  ['a table without rows', slide(table({ rows: [] })), /no rows/],
  ['too many rows', slide(table({ rows: Array(2001).fill(['1', '2']) })), /at most 2000 rows/],
  ['a long cell', slide(table({ rows: [['x'.repeat(2001), '']] })), /a cell of row 1 has 2001 characters/],
  ['a column width of NaN', slide(table({ columns: [{ header: 'a', width: Number.NaN }, { header: 'b' }] })), /width of column 1 is NaN/],
  ['a bad number format', slide(table({ columns: [{ header: 'a', 'number-format': 'x' }, { header: 'b' }] })), /number format `x`/],
  ['NaN in a chart', slide(chart({ series: [{ name: 's', values: [1, Number.NaN] }] })), /`s` holds NaN/],
  ['infinity in a chart', slide(chart({ series: [{ name: 's', values: [1, Infinity] }] })), /holds Infinity/],
  ['values that do not match', slide(chart({ series: [{ name: 's', values: [1] }] })), /has 1 values and the chart 2 categories/],
  ['no categories', slide(chart({ categories: [], series: [{ name: 's', values: [] }] })), /no categories/],
  ['no series', slide(chart({ series: [] })), /1 to 24 series/],
  ['a pie of two series', slide(chart({ kind: 'pie', series: [{ name: 's', values: [1, 2] }, { name: 't', values: [1, 2] }] })), /one series/],
  ['a negative slice', slide(chart({ kind: 'pie', series: [{ name: 's', values: [1, -2] }] })), /negative/],
  ['too many slices', slide(chart({ kind: 'pie', categories: Array(13).fill('a'), series: [{ name: 's', values: Array(13).fill(1) }] })), /12 slices/],
  ['bars with a line', slide(chart({ kind: 'bar', series: [{ name: 's', values: [1, 2] }, { name: 't', values: [1, 2], kind: 'line' }] })), /can be mixed/],
  ['only a second axis', slide(chart({ series: [{ name: 's', values: [1, 2], 'second-axis': true }] })), /one series has to be on the first/],
  ['scatter without x', slide(chart({ kind: 'scatter', categories: [] })), /x-values/],
  ['an axis upside down', slide(chart({ min: 5, max: 1 })), /not below/],
  ['too many numbers', slide(chart({ categories: Array(5001).fill('a'), series: [{ name: 's', values: Array(5001).fill(1) }] })), /5000 numbers/],
  ['a picture that is none', slide(image({ source: { data: 'aGVsbG8gd29ybGQ=' } })), /no PNG, JPEG or GIF/],
  ['a cut picture', slide(image({ source: { data: PIXEL.slice(0, 16) } })), /no PNG, JPEG or GIF/],
  ['an empty picture', slide(image({ source: { data: '' } })), /no such picture, or it is empty/],
  ['a picture without words', slide(image({ alt: ' ' })), /`alt` is empty/],
  ['a picture nobody packed', slide(image({ source: { packed: 'assets/none.png' } })), /no such picture/],
  ['a quotation of nothing', slide({ quote: { text: '' } }), /quotation is empty/],
  ['nine numbers', slide({ numbers: Array(9).fill({ value: '1', label: 'x' }) }), /1 to 8 big numbers/],
  ['a number of words', slide({ numbers: [{ value: 'x'.repeat(25), label: 'x' }] }), /has 25 characters/],
  ['one column', slide({ columns: [{ body: { text: 'x' } }] }), /2 to 4 columns/],
  ['a column of no width', slide({ columns: [{ width: 0, body: { text: 'x' } }, { body: { text: 'x' } }] }), /column 1: its width is 0/],
  ['a box off the grid', slide({ grid: [{ column: 10, row: 1, width: 4, height: 1, body: { text: 'x' } }] }), /box 1: it reaches beyond/],
  ['boxes that overlap', slide({ grid: [
    { column: 1, row: 1, width: 6, height: 3, body: { text: 'x' } }, { column: 6, row: 3, width: 2, height: 1, body: { text: 'x' } },
  ] }), /box 2: it overlaps box 1 at column 6, row 3/],
  ['text that cannot be read', { ...slide({ text: 'x' }), theme: { colors: { text: 'EEEEEE' } } }, /cannot be read on the background/],
  ['a colour with a name', { ...slide({ text: 'x' }), theme: { colors: { primary: 'navy' } } }, /colour `primary` is `navy`/],
  ['a font that is XML', { ...slide({ text: 'x' }), theme: { fonts: { body: 'A"/><x' } } }, /no name of a font/],
  ['a language that is none', { ...slide({ text: 'x' }), language: 'en"x' }, /no language/],
  ['too much text for a deck', deckOf(...Array.from({ length: 60 }, () => ({ title: 'T', body: { text: 'word '.repeat(3999) } }))), /more than 600 slides/],
];

for (const [what, description, sentence] of REFUSED) {
  test(`${what}: refused, and the sentence says why`, async () => {
    await assert.rejects(make(description), (error) => {
      assert.ok(error instanceof Refusal, String(error.stack));
      assert.match(error.message, sentence);
      return true;
    });
  });
}

test('pictures have limits each and together', async () => {
  const large = Buffer.concat([Buffer.from(PIXEL, 'base64'), Buffer.alloc(16 << 20)]).toString('base64');
  await assert.rejects(make(slide(image({ source: { data: large } }))), /at most 16777216 are taken/);
  const half = (end) => Buffer.concat([Buffer.from(PIXEL, 'base64'), Buffer.alloc(13 << 20, end)]).toString('base64');
  const two = deckOf(...[1, 2].map((n) => ({ title: 'T', body: image({ source: { data: half(n) } }) })));
  await assert.rejects(make(two), /pictures of a deck may have/);
});
