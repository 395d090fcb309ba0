/** From a description to the bytes of a `.pptx` file. Pure: the same description gives the same bytes. */

import { held, onPackage } from 'jszip';
import PptxGenJS from 'pptxgenjs';

import { readDeck } from './check.js';
import { finisher } from './finish.js';
import { defineLayouts } from './masters.js';
import { Pages } from './pages.js';
import { refuse } from './refuse.js';
import { resolveTheme } from './themes.js';

/** Makes a deck: `{ bytes, fileName, slides, remarks }`. `read(source)` gives the bytes of a packed file or an artifact, or nothing. */
export async function makeDeck(description, read) {
  held.clear();
  const theme = resolveTheme(description.theme);
  const deck = readDeck(description, read);
  const presentation = start(deck, theme);
  defineLayouts(presentation, theme, deck);
  const pages = new Pages(presentation, deck, theme);
  const remarks = pages.drawAll();
  if (pages.full) throw refuse('the text is so long that the deck would have more than 600 slides; make several decks of it');
  onPackage(finisher(theme, deck.language));
  const bytes = await presentation.write({ outputType: 'uint8array' });
  held.clear();
  return { bytes, fileName: deck.fileName, slides: pages.count, remarks };
}

function start(deck, theme) {
  const presentation = new PptxGenJS();
  presentation.layout = 'LAYOUT_WIDE';
  presentation.title = deck.title;
  presentation.author = deck.author;
  presentation.company = deck.company;
  presentation.subject = deck.subject;
  presentation.theme = { headFontFace: theme.headingFont, bodyFontFace: theme.bodyFont };
  return presentation;
}
