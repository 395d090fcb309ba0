/** The tools of the skill, as its world exports them. */

import artifacts from 'metier:skill/artifacts@0.1.0';
import resources from 'metier:skill/resources@0.1.0';

import { makeDeck } from './deck.js';
import { MAX_PICTURE_BYTES } from './pictures.js';
import { Refusal, refuse } from './refuse.js';
import { listThemes } from './themes.js';

const MEDIA_TYPE = 'application/vnd.openxmlformats-officedocument.presentationml.presentation';

export async function create(description) {
  const deck = await made(description);
  const file = kept(deck);
  return { file, slides: deck.slides, remarks: deck.remarks };
}

export function themes() {
  return listThemes();
}

async function made(description) {
  try {
    return await makeDeck(description, readPicture);
  } catch (error) {
    if (error instanceof Refusal) throw { tag: 'invalid-input', val: error.message };
    throw { tag: 'internal', val: `the deck could not be made: ${error}` };
  }
}

/** The bytes of a picture that is not in the description itself; one byte more than is taken, so that too much is noticed. */
function readPicture(source) {
  return source.tag === 'packed' ? resources.read(source.val, 0, MAX_PICTURE_BYTES + 1) : readArtifact(source.val);
}

function readArtifact(digest) {
  try {
    const reader = artifacts.Reader.open(digest);
    if (reader.size() > MAX_PICTURE_BYTES) throw refuse(`the picture has ${reader.size()} bytes; at most ${MAX_PICTURE_BYTES} are taken`);
    const bytes = new Uint8Array(Number(reader.size()));
    let at = 0;
    for (let piece = reader.read(); piece.length > 0; piece = reader.read()) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === undefined) throw error;
    throw refuse(`the artifact ${digest.slice(0, 80)} cannot be read: ${reason.val}`);
  }
}

function kept(deck) {
  try {
    return artifacts.put(deck.fileName, MEDIA_TYPE, deck.bytes);
  } catch (error) {
    throw { tag: reasonOf(error)?.tag === 'unavailable' ? 'unavailable' : 'denied', val: sentence(error) };
  }
}

function sentence(error) {
  const reason = reasonOf(error) ?? { val: String(error) };
  if (reason.tag === 'too-large') return `the deck is larger than the ${reason.val} bytes a call may hand back; use fewer or smaller pictures`;
  return String(reason.val);
}

/** The `artifact-error` of a refused import; bindings throw it as it is or as the `payload` of an exception. */
function reasonOf(error) {
  return [error, error?.payload].find((one) => one?.tag !== undefined);
}
