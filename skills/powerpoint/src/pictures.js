/**
 * Pictures: which kind a file is, how large, and bytes on their way into the deck.
 *
 * Only kinds every PowerPoint shows, told by their first bytes rather than by a name.
 */

import { held } from 'jszip';

import { refuse } from './refuse.js';

/** 16 MiB for one picture: a photograph of 40 megapixels; more belongs in a file of its own. */
export const MAX_PICTURE_BYTES = 16 << 20;

/** 24 MiB for all: the deck stays below the 32 MiB of artifacts a call may hand back. */
export const MAX_ALL_BYTES = 24 << 20;

/** 20,000 pixels on a side: beyond it PowerPoint shows an empty frame. */
const MAX_SIDE = 20_000;

/** The pictures of one deck. Equal bytes are kept once. */
export class Pictures {
  /** `read(source)` gives the bytes of a file that is packed or an artifact, or nothing. */
  constructor(read) {
    this.read = read;
    this.total = 0;
    this.named = new Map();
    this.held = new Map();
  }

  /** `{ data, width, height }`: what pptxgenjs is to be told, and the size in pixels. */
  load(source) {
    if (source.tag === 'data') return this.hold(bytesOf(source.val));
    const key = `${source.tag}:${source.val}`;
    if (!this.named.has(key)) this.named.set(key, this.hold(this.read(source)));
    return this.named.get(key);
  }

  hold(bytes) {
    if (!bytes || bytes.length === 0) throw refuse('there is no such picture, or it is empty');
    if (bytes.length > MAX_PICTURE_BYTES) {
      throw refuse(`the picture has ${bytes.length} bytes; at most ${MAX_PICTURE_BYTES} are taken`);
    }
    this.total += bytes.length;
    if (this.total > MAX_ALL_BYTES) throw refuse(`the pictures of a deck may have ${MAX_ALL_BYTES} bytes together`);
    const { kind, width, height } = inspect(bytes);
    if (!(width > 0 && height > 0) || Math.max(width, height) > MAX_SIDE) {
      throw refuse(`the picture is ${width} × ${height} pixels; each side has 1 to ${MAX_SIDE}`);
    }
    const name = this.nameOf(bytes);
    held.set(name, this.held.get(name));
    return { data: `image/${kind};base64,${name}`, width, height };
  }

  /** The name equal bytes have been given already, or a new one. */
  nameOf(bytes) {
    for (const [name, known] of this.held) {
      if (known.length === bytes.length && known.every((value, i) => value === bytes[i])) return name;
    }
    const name = `@picture:${this.held.size}`;
    this.held.set(name, bytes);
    return name;
  }
}

/** The kind and size of a PNG, JPEG or GIF. */
export function inspect(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const starts = (...head) => head.every((value, i) => bytes[i] === value);
  if (starts(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a) && bytes.length >= 33) {
    return { kind: 'png', width: view.getUint32(16), height: view.getUint32(20) };
  }
  if (starts(0x47, 0x49, 0x46, 0x38) && bytes.length >= 13) {
    return { kind: 'gif', width: view.getUint16(6, true), height: view.getUint16(8, true) };
  }
  const jpeg = starts(0xff, 0xd8, 0xff) ? jpegSize(view) : undefined;
  if (jpeg) return { kind: 'jpeg', ...jpeg };
  throw refuse('the picture is no PNG, JPEG or GIF (SVG and WebP are not shown by every PowerPoint); convert it to PNG');
}

/** Walks the segments of a JPEG to the one that says its size. */
function jpegSize(view) {
  let at = 2;
  while (at + 9 <= view.byteLength && view.getUint8(at) === 0xff) {
    const marker = view.getUint8(at + 1);
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) return { width: view.getUint16(at + 7), height: view.getUint16(at + 5) };
    at += marker === 0xff ? 1 : 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/** WIT bindings hand `list<u8>` over as either. */
function bytesOf(value) {
  return value instanceof Uint8Array ? value : Uint8Array.from(value);
}
