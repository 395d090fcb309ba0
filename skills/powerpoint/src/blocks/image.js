/** Pictures with an optional line below. */

import { refuse } from '../refuse.js';
import { inset } from '../grid.js';
import { oneLine } from '../text.js';

const CAPTION = { height: 0.32, size: 12 };

export function readImage(image, pictures) {
  const alt = oneLine(image.alt);
  if (!alt) throw refuse('`alt` is empty; say what the picture shows');
  return {
    picture: pictures.load(image.source),
    alt,
    fit: image.fit ?? 'contain',
    caption: image.caption ? oneLine(image.caption) : undefined,
  };
}

/** Puts a picture at `rect`: all of it in the middle, or filling the place with its edges cut. */
export function drawImage(slide, image, rect, context) {
  const place = image.caption ? inset(rect, 0, CAPTION.height + 0.08) : rect;
  const { width, height, data } = image.picture;
  const common = { data, altText: image.alt, objectName: context.name('Picture') };
  const scale = (image.fit === 'cover' ? Math.max : Math.min)(place.w / width, place.h / height);
  const [w, h] = [width * scale, height * scale];
  if (image.fit === 'cover') {
    // The library cuts a window of the place's size out of the scaled picture.
    const sizing = { type: 'crop', w: place.w, h: place.h, x: (w - place.w) / 2, y: (h - place.h) / 2 };
    slide.addImage({ ...common, x: place.x, y: place.y, w, h, sizing });
  } else {
    slide.addImage({ ...common, x: place.x + (place.w - w) / 2, y: place.y + (place.h - h) / 2, w, h });
  }
  if (image.caption) {
    slide.addText(image.caption, {
      x: rect.x, y: rect.y + rect.h - CAPTION.height, w: rect.w, h: CAPTION.height, margin: 0, align: 'center', valign: 'middle',
      fontSize: CAPTION.size, color: context.theme.muted, lang: context.language, isTextBox: true, objectName: context.name('Caption'),
    });
  }
}
