/**
 * Text on its way into a slide: what XML cannot hold is taken out, marks become runs, and the writing direction is found.
 *
 * `**bold**` and `[words](https://link)` are the only marks; everything else is shown as it was written.
 */

/** What XML 1.0 has no way to write, and the two non-characters PowerPoint refuses. */
// eslint-disable-next-line no-control-regex
const UNWRITABLE = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufffe\uffff]/g;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Hebrew, Arabic, Syriac, Thaana, N'Ko and their presentation forms. */
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;
const LETTER = /\p{L}/u;

/** Text that can be written, with line ends as `\n`. */
export function clean(text) {
  return text.replace(/\r\n?/g, '\n').replace(UNWRITABLE, '').replace(LONE_SURROGATE, '\ufffd');
}

/** The same on one line. */
export function oneLine(text) {
  return clean(text).replace(/\s+/g, ' ').trim();
}

/** Whether the first letter belongs to a script written from right to left. */
export function isRightToLeft(text) {
  for (const char of text) {
    if (LETTER.test(char)) return RIGHT_TO_LEFT.test(char);
  }
  return false;
}

const MARK = /\*\*(?=\S)(.+?)(?<=\S)\*\*|\[([^\]\n]+)\]\((https?:\/\/[^\s()<>"]+|mailto:[^\s()<>"]+)\)/g;

/** The runs of a line: `{ text, bold, link }`. */
export function runs(line) {
  const found = [];
  let end = 0;
  for (const mark of line.matchAll(MARK)) {
    if (mark.index > end) found.push({ text: line.slice(end, mark.index) });
    found.push(mark[1] === undefined ? { text: mark[2], link: mark[3] } : { text: mark[1], bold: true });
    end = mark.index + mark[0].length;
  }
  if (end < line.length || found.length === 0) found.push({ text: line.slice(end) });
  return found;
}

/** The line as it will be read, without marks. */
export function plain(line) {
  return runs(line).map((run) => run.text).join('');
}

/** Bullet points as `{ text, level }`; empty ones are left out. */
export function points(lines, maxLevel = 3) {
  const found = [];
  for (const line of lines) {
    const text = clean(line);
    const indent = /^[ \t]*/.exec(text)[0];
    const level = Math.min(maxLevel, Math.floor(indent.replace(/\t/g, '  ').length / 2));
    const words = text.replace(/\s+/g, ' ').trim().replace(/^[-*\u2022\u2013]\s+/, '');
    // The first point starts at the left, and no point is more than one level below the one before.
    const below = found.length === 0 ? 0 : found[found.length - 1].level + 1;
    if (words) found.push({ text: words, level: Math.min(level, below) });
  }
  return found;
}

/** Paragraphs as `{ text, level }`, parted by empty lines; a single line end inside one stays a line end. */
export function paragraphs(text) {
  return clean(text)
    .split(/\n\s*\n/)
    .map((part) => ({ text: part.trim(), level: 0 }))
    .filter((part) => part.text);
}
