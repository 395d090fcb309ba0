/**
 * The named themes, and the colours a deck ends up with.
 *
 * Ordinary text, backgrounds and chart series are written as references to the deck's theme (`tx1`, `accent1` …), so that
 * choosing another theme in PowerPoint recolours the deck. Hairlines and small print are mixed from text and background once.
 */

import { contrast, mix, parseColor } from './colors.js';
import { refuse } from './refuse.js';

const NAMED = {
  slate: {
    description: 'Navy and teal: sober, for boards and quarterly reviews.',
    primary: '1F3A5F',
    accents: ['2A9D8F', 'E0A030', '7A8CA5', 'C8553D', '5B9BD5'],
  },
  ocean: {
    description: 'Bright blues with coral: fresh, for products and plans.',
    primary: '0B5FA5',
    accents: ['17A2B8', 'F28C5A', '6F8FAF', '7B61B3', '8CC152'],
  },
  forest: {
    description: 'Deep green with ochre: calm, for operations and sustainability.',
    primary: '1E5945',
    accents: ['D39B2A', '6BA368', '8A8D7E', 'B5532D', '4C8C9B'],
  },
  ember: {
    description: 'Brick red with gold and grey: warm, for sales and marketing.',
    primary: '9B2D1F',
    accents: ['E0943A', '5C6670', 'C9B458', '3E7C8C', 'A66A7B'],
  },
  plum: {
    description: 'Purple with rose and teal: lively, for people and research.',
    primary: '4B2A6B',
    accents: ['C1557C', '3C9D9B', 'E3B23C', '8A84A8', '5F7FBF'],
  },
  graphite: {
    description: 'Greys with one blue: quiet, when only the numbers should speak.',
    primary: '2B2F36',
    accents: ['2F6FDE', '8D96A3', 'C0C6CF', '5D6673', 'E07A3F'],
  },
};

/** Text on its background must reach this ratio: level AA of WCAG 2.2 for text of ordinary size. */
const READABLE = 4.5;

/** WCAG asks 3 : 1 of graphics; 2 keeps the light accents of a palette recognisable beside labels that say the numbers. */
const VISIBLE = 2;

const SERIES_COLORS = 6;

/** What the tool `themes` answers. */
export function listThemes() {
  return Object.entries(NAMED).map(([name, { description, primary, accents }]) => ({
    name,
    description,
    colors: [primary, ...accents],
  }));
}

/** The colours and fonts of a deck: what was asked for over the named theme. */
export function resolveTheme(asked) {
  const named = NAMED[asked?.name ?? 'slate'];
  const dark = asked?.dark ?? false;
  const own = ownColors(asked?.colors);
  const brand = own.primary ?? named.primary;
  const background = own.background ?? (dark ? '12161E' : 'FFFFFF');
  const text = own.text ?? (dark ? 'F2F4F8' : '1E2530');
  if (contrast(text, background) < READABLE) {
    throw refuse(`the text colour ${text} cannot be read on the background ${background}; choose colours further apart`);
  }
  const series = [brand, ...(own.accents ?? []), ...named.accents].slice(0, SERIES_COLORS);
  return {
    background,
    text,
    panel: mix(text, background, dark ? 0.09 : 0.05),
    muted: mix(text, background, 0.66),
    line: mix(text, background, 0.2),
    // The first is also the colour of headings and big numbers.
    series: series.map((color, i) => visible(color, background, i === 0 ? READABLE : VISIBLE)),
    brand,
    onBrand: contrast('FFFFFF', brand) >= contrast('1E2530', brand) ? 'FFFFFF' : '1E2530',
    good: dark ? '5CC79A' : '1D7F56',
    bad: dark ? 'F0836F' : 'B83A2B',
    headingFont: fontName(asked?.fonts?.heading),
    bodyFont: fontName(asked?.fonts?.body),
  };
}

/** A dark brand colour disappears on a dark slide: it is lightened until a bar of it can be told from the background. */
function visible(color, background, ratio) {
  const towards = contrast('FFFFFF', background) > contrast('000000', background) ? 'FFFFFF' : '000000';
  let result = color;
  for (let step = 0; step < 24 && contrast(result, background) < ratio; step += 1) result = mix(towards, result, 0.08);
  return result;
}

function ownColors(colors) {
  const read = (value, name) => (value == null ? undefined : parseColor(value, name));
  if (colors?.accents?.length > SERIES_COLORS - 1) {
    throw refuse(`a theme has at most ${SERIES_COLORS - 1} accents, and ${colors.accents.length} are given`);
  }
  return {
    primary: read(colors?.primary, 'primary'),
    background: read(colors?.background, 'background'),
    text: read(colors?.text, 'text'),
    accents: colors?.accents?.map((color) => parseColor(color, 'accents')),
  };
}

/** A font name stands in XML attributes of the theme: words, digits and a few signs are what fonts are called. */
function fontName(name) {
  if (name == null) return 'Arial';
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,59}$/u.test(name)) {
    throw refuse(`\`${name.slice(0, 40)}\` is no name of a font; write one such as \`Georgia\``);
  }
  return name;
}
