import assert from 'node:assert/strict';
import { test } from 'node:test';

import { contrast, mix, parseColor } from '../src/colors.js';
import { fitLines, lineCount, unitWidth } from '../src/measure.js';
import { formatCell, formatNumber, parseFormat } from '../src/numbers.js';
import { clean, isRightToLeft, paragraphs, plain, points, runs } from '../src/text.js';

test('what XML cannot hold is taken out, and nothing else', () => {
  assert.equal(clean('a\u0000b\u0008c\u001fd\u0085e\ufffef'), 'abcdef');
  assert.equal(clean('tab\tline\r\nnext\rlast'), 'tab\tline\nnext\nlast');
  assert.equal(clean('\ud83d\ude80 whole, \ud83d half'), '\ud83d\ude80 whole, \ufffd half');
});

test('marks become runs', () => {
  assert.deepEqual(runs('a **b** [c](https://d.example/e?f=1)'), [
    { text: 'a ' }, { text: 'b', bold: true }, { text: ' ' }, { text: 'c', link: 'https://d.example/e?f=1' },
  ]);
  assert.equal(plain('**bold** and [words](mailto:a@b.example)'), 'bold and words');
});

test('what only looks like a mark stays as it is', () => {
  for (const text of ['2 ** 3 ** 4', '[x](javascript:alert(1))', '[x](file:///etc/passwd)', '****', '**']) {
    assert.equal(plain(text), text);
    assert.ok(runs(text).every((run) => !run.link && !run.bold));
  }
});

test('points have levels by their indentation, and never skip one', () => {
  assert.deepEqual(points(['a', '  b', '\tc', '        d', '', '- e']).map(({ text, level }) => [text, level]), [
    ['a', 0], ['b', 1], ['c', 1], ['d', 2], ['e', 0],
  ]);
  assert.equal(points(['    first'])[0].level, 0);
});

test('paragraphs are parted by empty lines', () => {
  assert.deepEqual(paragraphs('a\nb\n\n \nc').map((one) => one.text), ['a\nb', 'c']);
});

test('the first letter decides the writing direction', () => {
  assert.equal(isRightToLeft('12 % عرض'), true);
  assert.equal(isRightToLeft('שלום'), true);
  assert.equal(isRightToLeft('Report عرض'), false);
  assert.equal(isRightToLeft('2026'), false);
});

test('wide characters take an em, marks above letters nothing', () => {
  assert.ok(Math.abs(unitWidth('漢') * 72 - 1) < 1e-9);
  assert.equal(unitWidth('e\u0301'), unitWidth('e'));
});

test('lines break between words, after wide characters, and inside words that are too long', () => {
  assert.equal(lineCount('aaaa bbbb', 10, 18), 1);
  assert.equal(lineCount('aaaa bbbb', 0.7, 18), 2);
  assert.ok(lineCount('漢'.repeat(40), 5, 18) >= 2);
  assert.ok(lineCount('x'.repeat(400), 5, 18) > 5);
  assert.equal(lineCount('a\n\nb', 5, 18), 3);
});

test('the largest size that fits is taken', () => {
  assert.deepEqual(fitLines('Short', 10, 1, [40, 20]), { size: 40, fits: true });
  assert.deepEqual(fitLines('word '.repeat(200), 5, 1, [40, 20]), { size: 20, fits: false });
});

test('numbers are written as Excel writes them', () => {
  const cases = [
    ['#,##0', 1234567.5, '1,234,568'], ['0.0%', 0.1234, '12.3%'], ['$#,##0.00', -5, '-$5.00'], ['0.0,,"M"', 48200000, '48.2M'],
    ['0', -0.2, '0'], ['#,##0 "kg"', 1000, '1,000 kg'],
  ];
  for (const [code, value, shown] of cases) assert.equal(formatNumber(value, parseFormat(code)), shown, code);
  assert.equal(formatCell('n/a', parseFormat('0.0')), 'n/a');
  assert.equal(formatCell('12', undefined), '12');
});

test('a number format that could damage the file is refused', () => {
  for (const code of ['', '[Red]0', '0;0;0;0', '"unclosed', '0"><x', 'yyyy-mm-dd', '#'.repeat(500)]) {
    assert.throws(() => parseFormat(code), /number format/, code);
  }
});

test('colours are read, mixed and compared', () => {
  assert.equal(parseColor('#1f4e79', 'primary'), '1F4E79');
  assert.throws(() => parseColor('navy', 'primary'), /six hexadecimal digits/);
  assert.equal(mix('FFFFFF', '000000', 0.5), '808080');
  assert.equal(Math.round(contrast('000000', 'FFFFFF')), 21);
});
