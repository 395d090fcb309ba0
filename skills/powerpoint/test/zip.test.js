import assert from 'node:assert/strict';
import { test } from 'node:test';

import { unzipSync } from 'fflate';

import Zip, { onPackage } from '../zip/index.js';
import { utf8 } from '../zip/utf8.js';

test('every code point is written as TextEncoder writes it', () => {
  const encoder = new TextEncoder();
  for (let code = 0; code <= 0x10ffff; code += code < 0x3000 ? 1 : 251) {
    const text = `a${String.fromCodePoint(code)}b`;
    assert.deepEqual(utf8(text), encoder.encode(text), code.toString(16));
  }
  for (const text of ['\u{1f680}\u{1f469}\u200d\u{1f4bb}', '\ud83d', 'x\ude80y', '']) assert.deepEqual(utf8(text), encoder.encode(text));
});

test('parts keep their order and have the one date', async () => {
  onPackage((parts) => parts);
  const zip = new Zip();
  zip.folder('ppt').folder('slides').file('b.xml', '<b/>');
  zip.file('a.xml', '<a/>');
  const bytes = await zip.generateAsync({ type: 'uint8array' });
  assert.deepEqual(Object.keys(unzipSync(bytes)), ['ppt/slides/b.xml', 'a.xml']);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  // Time and date of the first entry, as MS-DOS counts: midnight, 1 January 1980.
  assert.equal(view.getUint16(10, true), 0);
  assert.equal(view.getUint16(12, true), 0x21);
});
