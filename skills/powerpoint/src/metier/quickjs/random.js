// Randomness of the host: QuickJS would repeat what it had when the snapshot was taken.

import { randomBytes } from "metier:host";
import { live } from "./engine.js";

/** Asked for at once, in bytes: `Math.random` takes seven of them. */
const POOL = 448;
let pool = new Uint8Array();
let at = 0;

function next(length) {
  if (!live) return randomBytes(length);
  if (at + length > pool.length) {
    pool = randomBytes(POOL);
    at = 0;
  }
  at += length;
  return pool.subarray(at - length, at);
}

/** 53 random bits, as a fraction. */
export function random() {
  const [a, b, c, d, e, f, g] = next(7);
  const high = (a & 31) * 2 ** 48 + b * 2 ** 40 + c * 2 ** 32;
  return (high + d * 2 ** 24 + e * 2 ** 16 + f * 2 ** 8 + g) / 2 ** 53;
}

/** Largest array `getRandomValues` fills, in bytes, as in every browser. */
const MOST = 65_536;

export const crypto = {
  getRandomValues(array) {
    if (array.byteLength > MOST) throw new RangeError(`getRandomValues fills at most ${MOST} bytes`);
    new Uint8Array(array.buffer, array.byteOffset, array.byteLength).set(randomBytes(array.byteLength));
    return array;
  },

  randomUUID() {
    const bytes = randomBytes(16);
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  },
};
