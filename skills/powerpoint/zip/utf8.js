/**
 * Text as UTF-8, for engines without `TextEncoder`.
 *
 * fflate has one of its own and gets everything beyond U+FFFF wrong (`c & 1023 << 10` is not `(c & 1023) << 10`).
 */
export function utf8(text) {
  // A code unit takes at most three bytes; a pair of them four.
  const bytes = new Uint8Array(text.length * 3);
  let at = 0;
  for (let i = 0; i < text.length; i += 1) {
    let code = text.charCodeAt(i);
    if (code < 0x80) {
      bytes[at++] = code;
      continue;
    }
    if (code >= 0xd800 && code < 0xe000) {
      code = text.codePointAt(i);
      if (code > 0xffff) i += 1;
      else code = 0xfffd;
    }
    at = multibyte(bytes, at, code);
  }
  return bytes.slice(0, at);
}

function multibyte(bytes, at, code) {
  const tail = (shift) => 0x80 | ((code >> shift) & 0x3f);
  if (code < 0x800) {
    bytes[at++] = 0xc0 | (code >> 6);
  } else if (code < 0x10000) {
    bytes[at++] = 0xe0 | (code >> 12);
    bytes[at++] = tail(6);
  } else {
    bytes[at++] = 0xf0 | (code >> 18);
    bytes[at++] = tail(12);
    bytes[at++] = tail(6);
  }
  bytes[at++] = tail(0);
  return at;
}
