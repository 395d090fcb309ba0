/** What the tests share: descriptions as JSON (as a model writes them) become the values WIT bindings hand over. */

import { readFileSync } from 'node:fs';

import { unzipSync, strFromU8 } from 'fflate';

import { makeDeck } from '../src/deck.js';

const VARIANTS = new Set(['body', 'logo']);

/** JSON with kebab-case keys and `{"case": payload}` variants as bindings hand it over. */
export function fromJson(value, key, parent) {
  // The one `body` that is no variant: the name of a font.
  if (key === 'fonts') return value;
  const isVariant = VARIANTS.has(key) || (key === 'source' && parent !== undefined && 'alt' in parent);
  if (isVariant && value !== null) {
    if (typeof value === 'string') return { tag: value };
    const [tag] = Object.keys(value);
    const payload = tag === 'data' ? Uint8Array.from(Buffer.from(value.data, 'base64')) : fromJson(value[tag]);
    return { tag, val: payload };
  }
  if (Array.isArray(value)) return value.map((item) => fromJson(item));
  if (value === null || typeof value !== 'object' || value instanceof Uint8Array) return value;
  const camel = (name) => name.replace(/-([a-z])/g, (_, letter) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [camel(name), fromJson(item, name, value)]));
}

/** Makes a deck from JSON; `parts` reads its files. */
export async function make(json, read = () => undefined) {
  const made = await makeDeck(fromJson(json), read);
  const files = unzipSync(made.bytes);
  return { ...made, files, part: (path) => strFromU8(files[path]) };
}

/** A deck of one slide. */
export function deckOf(...slides) {
  return { title: 'Test', slides };
}

export function example(name) {
  return JSON.parse(readFileSync(new URL(`../examples/${name}.json`, import.meta.url), 'utf8'));
}

/** A PNG of one pixel. */
export const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
