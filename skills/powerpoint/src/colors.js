/** Colours as six hexadecimal digits: reading, mixing, and how far apart two are (WCAG 2.2). */

import { refuse } from './refuse.js';

/** `#1f4e79` or `1F4E79` as `1F4E79`. */
export function parseColor(text, name) {
  const found = /^#?([0-9a-f]{6})$/i.exec(text.trim());
  if (!found) throw refuse(`the colour \`${name}\` is \`${text.slice(0, 20)}\`; write six hexadecimal digits such as 1F4E79`);
  return found[1].toUpperCase();
}

/** `share` of `over` on `under`: 1 is all `over`. */
export function mix(over, under, share) {
  const [a, b] = [channels(over), channels(under)];
  return a.map((value, i) => Math.round(value * share + b[i] * (1 - share)))
    .map((value) => value.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
}

/** The contrast ratio of two colours, 1 to 21. */
export function contrast(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color) {
  const [r, g, b] = channels(color).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function channels(color) {
  return [0, 2, 4].map((at) => Number.parseInt(color.slice(at, at + 2), 16));
}
