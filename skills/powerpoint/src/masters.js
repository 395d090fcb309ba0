/**
 * The layouts of a deck: what PowerPoint offers under "New slide", with real placeholders for title and text.
 *
 * Titles in placeholders are what the outline view, screen readers and every other program take a slide's title from.
 */

import { FOOTER, LOGO, MARGIN, SLIDE, SUBTITLE, TITLE, WIDTH, bodyRect } from './grid.js';
import { mix } from './colors.js';

export const LAYOUTS = {
  cover: 'Title Slide',
  section: 'Section Header',
  words: 'Title and Content',
  wordsBelowSubtitle: 'Title, Subtitle and Content',
  titled: 'Title Only',
  titledWithSubtitle: 'Title and Subtitle',
  untitled: 'Content Only',
};

export const COVER = {
  title: { x: 0.95, y: 2.0, w: 9.6, h: 1.9 },
  subtitle: { x: 0.95, y: 4.1, w: 9.6, h: 0.9 },
  by: { x: 0.95, y: 6.2, w: 9.6, h: 0.4 },
};

export const SECTION = {
  number: { x: 0.95, y: 1.75, w: 4, h: 0.9 },
  title: { x: 0.95, y: 2.75, w: 10.2, h: 1.6 },
  /** Its `y` follows the title. */
  subtitle: { x: 0.95, w: 10.2, h: 0.9 },
};

const HEADING = '+mj-lt';

/** Adds the layouts to a presentation. `logo` is what `Pictures.load` gave, or nothing. */
export function defineLayouts(presentation, theme, deck) {
  const ordinary = ordinaryLayout(theme, deck);
  const titleWidth = deck.logo ? WIDTH - LOGO.w - 0.3 : WIDTH;
  const title = placeholder('title', 'title', { ...TITLE, w: titleWidth }, {
    fontSize: 26, bold: true, color: 'tx1', valign: 'middle',
  });
  const subtitle = placeholder('subtitle', 'body', SUBTITLE, { fontSize: 16, color: theme.muted, valign: 'top' });
  const body = (below) =>
    placeholder('body', 'body', bodyRect({ title: true, subtitle: below }), { fontSize: 20, color: 'tx1', valign: 'top' })();

  presentation.defineSlideMaster(coverLayout(theme, deck));
  presentation.defineSlideMaster(sectionLayout(theme));
  presentation.defineSlideMaster(ordinary(LAYOUTS.words, [title(), body(false)]));
  presentation.defineSlideMaster(ordinary(LAYOUTS.wordsBelowSubtitle, [title(), subtitle(), body(true)]));
  presentation.defineSlideMaster(ordinary(LAYOUTS.titled, [title()]));
  presentation.defineSlideMaster(ordinary(LAYOUTS.titledWithSubtitle, [title(), subtitle()]));
  presentation.defineSlideMaster(ordinary(LAYOUTS.untitled, []));
}

/** pptxgenjs changes the options it is given: each layout gets its own. */
function placeholder(name, type, rect, style) {
  return () => ({ placeholder: { options: { name, type, ...rect, margin: 0, align: 'left', ...style }, text: '' } });
}

function ordinaryLayout(theme, deck) {
  const footer = { fontSize: 10, color: theme.muted, margin: 0, valign: 'middle', align: 'left' };
  return (title, objects) => ({
    title,
    background: { color: 'bg1' },
    objects: [
      // A mark of the brand at the edge, as high as the title: the only ornament of an ordinary slide.
      { rect: { x: 0, y: TITLE.y + 0.1, w: 0.16, h: TITLE.h - 0.2, fill: { color: 'accent1' } } },
      ...objects,
      ...(deck.footer ? [{ text: { text: deck.footer, options: { x: MARGIN, y: FOOTER.y, w: 9, h: FOOTER.h, ...footer } } }] : []),
      ...(deck.logo ? [logoAt(deck.logo, LOGO, 'right')] : []),
    ],
    ...(deck.numbered
      ? { slideNumber: { x: SLIDE.w - MARGIN - 1, y: FOOTER.y, w: 1, h: FOOTER.h, align: 'right', fontSize: 10, color: theme.muted, margin: 0, valign: 'middle' } }
      : {}),
  });
}

function coverLayout(theme, deck) {
  const title = placeholder('title', 'title', COVER.title, {
    fontSize: 40, bold: true, color: theme.onBrand, valign: 'bottom', fontFace: HEADING,
  });
  const subtitle = placeholder('subtitle', 'body', COVER.subtitle, {
    fontSize: 20, color: mix(theme.onBrand, theme.brand, 0.85), valign: 'top',
  });
  return {
    title: LAYOUTS.cover,
    background: { color: theme.brand },
    objects: [
      { rect: { x: SLIDE.w - 1.7, y: 0, w: 1.7, h: SLIDE.h, fill: { color: mix(theme.onBrand, theme.brand, 0.08) } } },
      { rect: { x: SLIDE.w - 1.7, y: 4.1, w: 1.7, h: 3.4, fill: { color: 'accent2' } } },
      { rect: { x: SLIDE.w - 1.7, y: 3.25, w: 0.85, h: 0.85, fill: { color: 'accent3' } } },
      title(),
      subtitle(),
      ...(deck.logo ? [logoAt(deck.logo, { x: 0.95, y: 0.8, w: 2.2, h: 0.8 }, 'left')] : []),
    ],
  };
}

function sectionLayout(theme) {
  const title = placeholder('title', 'title', SECTION.title, {
    fontSize: 36, bold: true, color: theme.onBrand, valign: 'top', fontFace: HEADING,
  });
  return {
    title: LAYOUTS.section,
    background: { color: theme.brand },
    objects: [
      { rect: { x: 0, y: 0, w: 0.32, h: SLIDE.h, fill: { color: 'accent2' } } },
      title(),
    ],
  };
}

/** A picture as large as fits into `rect`, at one of its sides. */
function logoAt(logo, rect, side) {
  const scale = Math.min(rect.w / logo.width, rect.h / logo.height);
  const [w, h] = [logo.width * scale, logo.height * scale];
  const x = side === 'right' ? rect.x + rect.w - w : rect.x;
  return { image: { data: logo.data, x, y: rect.y + (rect.h - h) / 2, w, h, altText: 'Logo' } };
}
