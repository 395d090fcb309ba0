/** Puts the slides of a deck on paper: covers, sections, and ordinary slides with one block, columns or a grid. */

import { COVER, LAYOUTS, SECTION } from './masters.js';
import { SOURCE, TITLE, LOGO, WIDTH, bodyRect, boxRect, columnRects, inset } from './grid.js';
import { fitLines, fontFactor, lineCount, textHeight } from './measure.js';
import { isRightToLeft, oneLine } from './text.js';
import { draw, layOut } from './blocks/index.js';

const TITLE_SIZES = [26, 24, 22, 20];
/** For the longest titles, on three lines. */
const TITLE_SMALLEST = 17;

const HEADING = { height: 0.46, size: 16 };

/** Text below these sizes is remarked on. */
const READABLE = { words: 14, table: 12 };

/** 600 slides of PowerPoint for 500 described: what goes on over further slides has an end too. */
const MAX_PAGES = 600;

/** Draws every slide; gives the remarks. */
export class Pages {
  constructor(presentation, deck, theme) {
    this.presentation = presentation;
    this.deck = deck;
    this.theme = theme;
    this.count = 0;
    this.sections = 0;
    this.remarks = [];
  }

  drawAll() {
    const parted = this.deck.slides.some((slide) => slide.kind === 'section');
    // PowerPoint wants every slide in a section, or none.
    if (parted && this.deck.slides[0].kind !== 'section') this.openSection(this.deck.title);
    this.deck.slides.forEach((slide, i) => {
      const before = this.count;
      this.draw(slide, i + 1);
      const made = this.count - before;
      if (made > 1) this.remarks.push(`slide ${i + 1} did not fit and goes on over ${made} slides`);
    });
    return this.remarks;
  }

  get full() {
    return this.count > MAX_PAGES;
  }

  draw(slide, number) {
    switch (slide.kind) {
      case 'cover':
        return this.cover(slide);
      case 'section':
        return this.section(slide);
      default:
        return this.ordinary(slide, number);
    }
  }

  /** A new page with its title and notes; `name` numbers the objects on it. */
  page(layout, slide, title) {
    const page = this.presentation.addSlide({ masterName: layout, ...(this.sectionTitle ? { sectionTitle: this.sectionTitle } : {}) });
    this.count += 1;
    const counts = new Map();
    const name = (what, alt) => {
      counts.set(what, (counts.get(what) ?? 0) + 1);
      return `${what} ${counts.get(what)}${alt ? `|alt|${alt}` : ''}`;
    };
    if (title) page.addText([title], { placeholder: 'title', objectName: 'Title' });
    if (slide.notes) page.addNotes(slide.notes);
    return { page, context: { theme: this.theme, language: this.deck.language, name } };
  }

  /** Text for a placeholder, as large as its place allows. */
  line(text, options) {
    const rtl = isRightToLeft(text) ? { rtlMode: true, align: 'right' } : {};
    return { text, options: { lang: this.deck.language, ...rtl, ...options } };
  }

  cover(slide) {
    const size = fitLines(slide.title, COVER.title.w, 3, [44, 40, 36, 32, 28, 24], fontFactor(this.theme.headingFont, true)).size;
    const { page, context } = this.page(LAYOUTS.cover, slide, this.line(slide.title, { fontSize: size }));
    page.addText([this.line(slide.subtitle ?? ' ', {})], { placeholder: 'subtitle', objectName: 'Subtitle' });
    const by = [slide.presenter, slide.date].filter(Boolean).join('  ·  ');
    if (by) {
      page.addText([this.line(by, { color: this.theme.onBrand })], {
        ...COVER.by, margin: 0, fontSize: 14, valign: 'middle', align: 'left', isTextBox: true, objectName: context.name('Presenter'),
      });
    }
  }

  section(slide) {
    this.sections += 1;
    // Numbers keep equal titles apart.
    this.openSection(`${this.sections} ${slide.title}`);
    const factor = fontFactor(this.theme.headingFont, true);
    const size = fitLines(slide.title, SECTION.title.w, 2, [40, 36, 32, 28, 24], factor).size;
    const { page, context } = this.page(LAYOUTS.section, slide, this.line(slide.title, { fontSize: size }));
    const text = { margin: 0, align: 'left', isTextBox: true };
    page.addText([this.line(String(this.sections).padStart(2, '0'), { color: 'accent3', bold: true, fontFace: '+mj-lt' })], {
      ...SECTION.number, ...text, fontSize: 28, valign: 'bottom', objectName: context.name('Number'),
    });
    if (slide.subtitle) {
      page.addText([this.line(slide.subtitle, { color: this.theme.onBrand })], {
        ...SECTION.subtitle, y: SECTION.title.y + textHeight(lineCount(slide.title, SECTION.title.w, size, factor), size) + 0.25, ...text, fontSize: 18, valign: 'top', objectName: context.name('Subtitle'),
      });
    }
  }

  /** PowerPoint's own sections make the parts of the deck foldable in its slide list. */
  openSection(title) {
    this.sectionTitle = title;
    this.presentation.addSection({ title });
  }

  /** Everything else: parts in their places, on as many pages as the longest of them needs. */
  ordinary(slide, number) {
    const rect = bodyRect(slide);
    const parts = placesOf(slide, rect).map((part) => {
      const place = part.heading ? inset(part.rect, HEADING.height) : part.rect;
      return { ...part, place, pages: layOut(part.block, place, this.theme, part.small) };
    });
    this.remarkOn(parts, number);
    const pages = Math.max(...parts.map((part) => part.pages.length));
    for (let i = 0; i < pages && !this.full; i += 1) this.drawPage(slide, parts, i, pages);
  }

  drawPage(slide, parts, index, pages) {
    const words = parts.length === 1 && parts[0].block.kind === 'words' && slide.title !== undefined;
    const { page, context } = this.page(layoutFor(slide, words), slide, this.titleOf(slide, index, pages));
    if (slide.subtitle) page.addText([this.line(slide.subtitle, {})], { placeholder: 'subtitle', objectName: 'Subtitle' });
    for (const part of parts) {
      // What fits on one page stays beside what goes on.
      const content = part.pages.length === 1 ? part.pages[0] : part.pages[index];
      if (content === undefined) continue;
      if (part.heading) this.heading(page, part, context);
      draw(page, part.block, content, part.place, words ? { ...context, placeholder: 'body' } : context);
    }
    if (slide.source) this.source(page, slide.source, context);
  }

  titleOf(slide, index, pages) {
    if (slide.title === undefined) return undefined;
    const text = pages > 1 ? `${slide.title} (${index + 1}/${pages})` : slide.title;
    const width = this.deck.logo ? WIDTH - LOGO.w - 0.3 : WIDTH;
    const fitted = fitLines(text, width, 2, TITLE_SIZES, fontFactor(this.theme.headingFont, true));
    return this.line(text, { fontSize: fitted.fits ? fitted.size : TITLE_SMALLEST });
  }

  heading(page, part, context) {
    page.addText([this.line(oneLine(part.heading), { color: 'accent1', bold: true })], {
      x: part.rect.x, y: part.rect.y, w: part.rect.w, h: HEADING.height - 0.1, margin: 0, fontSize: HEADING.size, valign: 'top', align: 'left',
      isTextBox: true, objectName: context.name('Heading'),
    });
  }

  source(page, source, context) {
    page.addText([this.line(source, { color: this.theme.muted })], {
      ...SOURCE, margin: 0, fontSize: 11, valign: 'bottom', align: 'left', isTextBox: true, objectName: context.name('Source'),
    });
  }

  remarkOn(parts, number) {
    for (const { block, pages } of parts) {
      const size = pages[0].size;
      if (size < READABLE[block.kind]) this.remarks.push(`slide ${number} has much to say: its ${block.kind} are set in ${size} points`);
      if (pages.some((page) => page.overflows)) this.remarks.push(`slide ${number} has a table row higher than a slide`);
    }
  }
}

/** The parts of an ordinary slide and their places. */
function placesOf(slide, rect) {
  if (slide.kind === 'columns') {
    const rects = columnRects(rect, slide.columns.map((column) => column.share));
    return slide.columns.map((column, i) => ({ ...column, rect: rects[i], small: true }));
  }
  if (slide.kind === 'grid') {
    return slide.boxes.map((box) => ({ ...box, rect: boxRect(rect, box.place), small: true }));
  }
  return [{ block: slide.block, rect, small: false }];
}

function layoutFor(slide, words) {
  if (slide.title === undefined) return LAYOUTS.untitled;
  if (slide.subtitle) return words ? LAYOUTS.wordsBelowSubtitle : LAYOUTS.titledWithSubtitle;
  return words ? LAYOUTS.words : LAYOUTS.titled;
}
