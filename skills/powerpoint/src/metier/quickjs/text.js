// TextEncoder and TextDecoder for UTF-8, UTF-16LE and Latin-1.

/** Text as UTF-8; a lone surrogate becomes U+FFFD. */
export function encode(text) {
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    let code = text.charCodeAt(index);
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code < 0xdc00 ? text.charCodeAt(index + 1) : NaN;
      if (low >= 0xdc00 && low <= 0xdfff) {
        code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
        index++;
      } else {
        code = 0xfffd;
      }
    }
    if (code < 0x80) {
      bytes[at++] = code;
    } else if (code < 0x800) {
      bytes[at++] = 0xc0 | (code >> 6);
      bytes[at++] = 0x80 | (code & 63);
    } else if (code < 0x10000) {
      bytes[at++] = 0xe0 | (code >> 12);
      bytes[at++] = 0x80 | ((code >> 6) & 63);
      bytes[at++] = 0x80 | (code & 63);
    } else {
      bytes[at++] = 0xf0 | (code >> 18);
      bytes[at++] = 0x80 | ((code >> 12) & 63);
      bytes[at++] = 0x80 | ((code >> 6) & 63);
      bytes[at++] = 0x80 | (code & 63);
    }
  }
  return bytes.slice(0, at);
}

/** Pieces of text of at most this many code units are joined: `String.fromCharCode` takes no more arguments at once. */
const PIECE = 4096;

class Units {
  #text = "";
  #units = [];

  push(code) {
    if (code >= 0x10000) {
      this.#units.push(0xd800 + ((code - 0x10000) >> 10), 0xdc00 + ((code - 0x10000) & 0x3ff));
    } else {
      this.#units.push(code);
    }
    if (this.#units.length >= PIECE) this.#flush();
  }

  #flush() {
    this.#text += String.fromCharCode.apply(null, this.#units);
    this.#units = [];
  }

  take() {
    this.#flush();
    return this.#text;
  }
}

/** The bounds of the byte after `lead`, and how many follow: the table of the Unicode standard. */
function follow(lead) {
  if (lead >= 0xc2 && lead <= 0xdf) return [1, 0x80, 0xbf, lead & 0x1f];
  if (lead === 0xe0) return [2, 0xa0, 0xbf, 0];
  if (lead === 0xed) return [2, 0x80, 0x9f, lead & 0xf];
  if (lead >= 0xe1 && lead <= 0xef) return [2, 0x80, 0xbf, lead & 0xf];
  if (lead === 0xf0) return [3, 0x90, 0xbf, 0];
  if (lead >= 0xf1 && lead <= 0xf3) return [3, 0x80, 0xbf, lead & 7];
  if (lead === 0xf4) return [3, 0x80, 0x8f, 4];
  return undefined;
}

/** UTF-8 → text. With `more`, bytes of a character that is not complete are handed back. */
function utf8(bytes, wrong, more) {
  const out = new Units();
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at];
    if (lead < 0x80) {
      out.push(lead);
      at++;
      continue;
    }
    const start = at++;
    const found = follow(lead);
    if (!found) {
      out.push(wrong());
      continue;
    }
    let [missing, low, high, code] = found;
    while (missing > 0 && at < bytes.length && bytes[at] >= low && bytes[at] <= high) {
      code = (code << 6) | (bytes[at++] & 63);
      [low, high] = [0x80, 0xbf];
      missing--;
    }
    if (missing === 0) out.push(code);
    else if (more && at === bytes.length) return [out.take(), bytes.slice(start)];
    else out.push(wrong());
  }
  return [out.take(), new Uint8Array()];
}

function utf16(bytes, wrong, more) {
  const out = new Units();
  const whole = bytes.length - (bytes.length % 2);
  for (let at = 0; at < whole; at += 2) out.push(bytes[at] | (bytes[at + 1] << 8));
  if (whole === bytes.length || more) return [out.take().toWellFormed(), bytes.slice(whole)];
  out.push(wrong());
  return [out.take().toWellFormed(), new Uint8Array()];
}

function latin1(bytes) {
  const out = new Units();
  for (const byte of bytes) out.push(byte);
  return [out.take(), new Uint8Array()];
}

const DECODERS = {
  "utf-8": utf8,
  utf8,
  "utf-16le": utf16,
  "utf-16": utf16,
  "latin1": latin1,
  "iso-8859-1": latin1,
  ascii: latin1,
  "us-ascii": latin1,
};

export class TextEncoder {
  get encoding() {
    return "utf-8";
  }

  encode(text = "") {
    return encode(String(text));
  }

  encodeInto(text, into) {
    let [read, written] = [0, 0];
    for (const character of String(text)) {
      const bytes = encode(character);
      if (written + bytes.length > into.length) break;
      into.set(bytes, written);
      written += bytes.length;
      read += character.length;
    }
    return { read, written };
  }
}

export class TextDecoder {
  #decode;
  #left = new Uint8Array();

  constructor(label = "utf-8", { fatal = false, ignoreBOM = false } = {}) {
    const name = String(label).trim().toLowerCase();
    this.#decode = DECODERS[name];
    if (!this.#decode) throw new RangeError(`TextDecoder knows no encoding ${label} here`);
    this.encoding = { utf8: "utf-8", "utf-16": "utf-16le" }[name] ?? name;
    this.fatal = fatal;
    this.ignoreBOM = ignoreBOM;
  }

  decode(input = new Uint8Array(), { stream = false } = {}) {
    const wrong = () => {
      if (this.fatal) throw new TypeError("the bytes are not valid in this encoding");
      return 0xfffd;
    };
    const bytes = join(this.#left, view(input));
    const [text, left] = this.#decode(bytes, wrong, stream);
    this.#left = left;
    return !this.ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
}

function view(input) {
  if (input instanceof Uint8Array) return input;
  if (ArrayBuffer.isView(input)) return new Uint8Array(input.buffer, input.byteOffset, input.byteLength);
  return new Uint8Array(input);
}

function join(first, second) {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
