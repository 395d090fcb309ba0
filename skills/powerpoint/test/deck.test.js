import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

import { PIXEL, deckOf, example, make } from './helper.js';

const slides = (made) => Object.keys(made.files).filter((path) => /^ppt\/slides\/slide\d+\.xml$/.test(path)).length;
const chartPart = (made) => made.part(Object.keys(made.files).find((path) => /^ppt\/charts\/chart\d+\.xml$/.test(path)));

test('the same description gives the same bytes, in another process and at another time', () => {
  const program = `
    Date.now = () => ${Math.floor(Math.random() * 2e12)}; Math.random = () => ${Math.random()};
    const { make, example } = await import('./helper.js');
    const { createHash } = await import('node:crypto');
    for (const name of ['quarterly', 'hard']) console.log(createHash('sha256').update((await make(example(name))).bytes).digest('hex'));`;
  const run = (zone) => execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: fileURLToPath(new URL('.', import.meta.url)), env: { ...process.env, TZ: zone }, encoding: 'utf8',
  });
  assert.equal(run('Asia/Tokyo'), run('America/Lima'));
});

test('nothing in the file is a date', async () => {
  const made = await make(example('quarterly'));
  for (const path of Object.keys(made.files)) {
    if (path.endsWith('.xml')) assert.doesNotMatch(made.part(path), /dcterms:created|dcterms:modified/, path);
  }
});

test('every slide of the example is there and nothing is remarked', async () => {
  const made = await make(example('quarterly'));
  assert.equal(slides(made), 14);
  assert.equal(made.slides, 14);
  assert.deepEqual(made.remarks, []);
  assert.equal(made.fileName, 'Q4 2025 business review.pptx');
});

test('long words and tables go on, with a remark and their header', async () => {
  const made = await make(deckOf(
    { title: 'Words', body: { bullets: Array.from({ length: 40 }, (_, i) => `Point ${i} ${'word '.repeat(15)}`) } },
    { title: 'Rows', body: { table: { columns: [{ header: 'The head' }, { header: 'b' }], rows: Array.from({ length: 50 }, (_, i) => [`${i}`, 'x']) } } },
  ));
  assert.equal(made.remarks.length, 2);
  assert.equal(slides(made), made.slides);
  const all = Array.from({ length: made.slides }, (_, i) => made.part(`ppt/slides/slide${i + 1}.xml`));
  const tables = all.filter((xml) => xml.includes('<a:tbl>'));
  assert.ok(tables.length > 1);
  assert.ok(tables.every((xml) => xml.includes('The head')));
  assert.match(all[0], /Words \(1\/\d+\)/);
  for (let i = 0; i < 40; i += 1) assert.equal(all.filter((xml) => xml.includes(`Point ${i} `)).length, 1, `point ${i}`);
});

test('one endless word and one endless paragraph still fit somewhere', async () => {
  const made = await make(deckOf({ title: 'T', body: { text: 'x'.repeat(9000) } }, { title: 'T', body: { text: 'word '.repeat(3000) } }));
  assert.ok(made.slides > 4);
  const text = Array.from({ length: made.slides }, (_, i) => made.part(`ppt/slides/slide${i + 1}.xml`)).join('');
  assert.equal(text.match(/x{10,}/g).join('').length, 9000);
});

test('zeros and gaps of a chart survive, in the chart and in its workbook', async () => {
  const made = await make(deckOf({ title: 'T', body: { chart: { kind: 'line', categories: ['a', 'b', 'c'], series: [{ name: 's', values: [0, null, -1.5] }] } } }));
  const values = /<c:val>[^]*?<\/c:val>/.exec(chartPart(made))[0];
  assert.match(values, /<c:pt idx="0"><c:v>0<\/c:v>/);
  assert.doesNotMatch(values, /<c:pt idx="1">/);
  assert.match(values, /<c:pt idx="2"><c:v>-1.5<\/c:v>/);
});

test('a chart takes its colours from the theme', async () => {
  const made = await make({ ...deckOf({ title: 'T', body: { chart: { kind: 'column', categories: ['a'], series: [{ name: 's', values: [1] }] } } }), theme: { colors: { primary: '336699' } } });
  assert.match(chartPart(made), /<a:schemeClr val="accent1"\/>/);
  assert.match(made.part('ppt/theme/theme1.xml'), /<a:accent1><a:srgbClr val="336699"\/>/);
});

test('what XML cannot hold does not reach the file, and what it escapes is escaped', async () => {
  const made = await make(example('hard'));
  for (const path of Object.keys(made.files)) {
    // eslint-disable-next-line no-control-regex
    if (/\.(xml|rels)$/.test(path)) assert.doesNotMatch(made.part(path), /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|&(?!(amp|lt|gt|quot|apos|#x?\w+);)/, path);
  }
  assert.match(made.part('ppt/slides/slide2.xml'), /rtl="1"/);
});

test('the same picture is in the file once', async () => {
  const picture = { image: { source: { data: PIXEL }, alt: 'dot' } };
  const made = await make({ ...deckOf({ title: 'A', body: picture }, { title: 'B', body: picture }), logo: { data: PIXEL } });
  assert.equal(Object.keys(made.files).filter((path) => path.startsWith('ppt/media/')).length, 1);
  const digest = createHash('sha256').update(Buffer.from(PIXEL, 'base64')).digest('hex');
  const media = made.files[Object.keys(made.files).find((path) => path.startsWith('ppt/media/'))];
  assert.equal(createHash('sha256').update(media).digest('hex'), digest);
});

test('a picture can come from somewhere else', async () => {
  const asked = [];
  const read = (source) => (asked.push(source), Buffer.from(PIXEL, 'base64'));
  const digest = `sha256:${'a'.repeat(64)}`;
  const picture = (source) => ({ title: 'T', body: { image: { source, alt: 'dot' } } });
  await make(deckOf(picture({ artifact: digest }), picture({ artifact: digest }), picture({ packed: 'assets/a.png' })), read);
  assert.deepEqual(asked, [{ tag: 'artifact', val: digest }, { tag: 'packed', val: 'assets/a.png' }]);
});

test('sections are numbered and are sections of PowerPoint; slides without notes have none', async () => {
  const made = await make(deckOf({ title: 'Cover', body: { cover: {} } }, { title: 'One', body: 'section' }, { title: 'Two', body: 'section', notes: 'said' }));
  assert.equal(made.part('ppt/presentation.xml').match(/<p14:section /g).length, 3);
  assert.deepEqual(Object.keys(made.files).filter((path) => /notesSlide\d+\.xml$/.test(path)), ['ppt/notesSlides/notesSlide3.xml']);
});

test('a file name is one that every file system takes', async () => {
  const name = async (asked) => (await make({ ...deckOf({ title: 'T', body: 'section' }), 'file-name': asked })).fileName;
  assert.equal(await name('../../etc/passwd'), '-..-etc-passwd.pptx');
  assert.equal(await name('Q4: plan?.PPTX'), 'Q4- plan-.pptx');
  assert.equal(await name('...'), 'deck.pptx');
  assert.equal(await name('x'.repeat(300)), `${'x'.repeat(80)}.pptx`);
});

test('500 slides are made', async () => {
  const many = Array.from({ length: 500 }, (_, i) => ({ title: `Slide ${i}`, body: { bullets: ['one', '  two'] } }));
  const made = await make(deckOf(...many));
  assert.equal(slides(made), 500);
});
