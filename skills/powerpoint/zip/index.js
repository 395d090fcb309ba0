/**
 * The part of JSZip that pptxgenjs uses, made so that the same parts give the same bytes.
 *
 * pptxgenjs names `jszip`; the `overrides` of package.json put this package in its place. Entries have one fixed date and
 * keep their order and are stored, not deflated: deflating takes an interpreter ten times as long as everything else together,
 * and PowerPoint compresses a deck when it is next saved. Two things more: `held` takes bytes past pptxgenjs, which only knows
 * base64 text, and `onPackage` lets the caller mend parts before they are packed.
 */

import { zipSync } from 'fflate';

import { utf8 } from './utf8.js';

/** The first moment the ZIP format can say. A date of the clock would make every file another file. */
const ENTRY_DATE = '1980-01-01T00:00:00';

/** Bytes by name, for `file(path, name, { base64: true })`. */
export const held = new Map();

let finish = (parts) => parts;

/** Sets what is done to the parts of the next package (a `Map` of path to text or bytes) before they are packed. */
export function onPackage(callback) {
  finish = callback;
}

export default class Zip {
  constructor(parts = new Map(), prefix = '') {
    this.parts = parts;
    this.prefix = prefix;
  }

  /** A view below a folder. Folders themselves are not written: OPC packages have none. */
  folder(name) {
    return new Zip(this.parts, `${this.prefix}${name}/`);
  }

  file(path, content, options = {}) {
    this.parts.set(this.prefix + path, options.base64 ? held.get(content) : content);
    return this;
  }

  async generateAsync({ type }) {
    // A workbook inside the deck is asked for as base64 and comes straight back through `file`.
    if (type !== 'base64') return pack(finish(this.parts));
    const name = `@workbook:${held.size}`;
    held.set(name, pack(finish(this.parts)));
    return name;
  }
}

function pack(parts) {
  const entries = {};
  for (const [path, content] of parts) {
    const bytes = typeof content === 'string' ? utf8(content) : content;
    entries[path] = [bytes, { level: 0, mtime: ENTRY_DATE }];
  }
  return zipSync(entries);
}
