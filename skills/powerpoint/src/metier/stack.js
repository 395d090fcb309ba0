// Places in the author's own files, from places in the bundle.

/** One frame of a stack, however the engine writes it: `at f (skill.js:7:35)`, `f@skill.js:7:35`. */
const FRAME = /^\s*(?:at )?(.*?)[\s@(]*[^\s@(]*?:(\d+):\d+\)?$/;

let table;

/** The bundle's lines: `bundle line, source, line` where a run begins, written by `metier build` behind the bundle. */
function load() {
  const { sources = [], runs = [] } = globalThis.__metier_lines ?? {};
  return { sources, runs };
}

function original(bundleLine) {
  table ??= load();
  let found;
  for (const [start, length, source, line] of table.runs) {
    if (start > bundleLine) break;
    if (bundleLine < start + length) found = `${table.sources[source]}:${line + bundleLine - start}`;
  }
  return found;
}

/** Every frame that is in some source file, outermost last. */
function frames(error) {
  const found = [];
  for (const text of String(error?.stack ?? "").split("\n")) {
    const match = FRAME.exec(text);
    const place = match && original(Number(match[2]));
    if (place) found.push({ name: match[1], place });
  }
  return found;
}

const isOwn = ({ place }) => !place.startsWith("src/metier/") && !place.includes("node_modules/");

function message(thrown) {
  if (!(thrown instanceof Error)) return `thrown: ${plain(thrown)}`;
  return thrown.message ? `${thrown.name}: ${thrown.message}` : thrown.name;
}

function plain(value) {
  if (typeof value === "string") return value;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
}

/** `TypeError: x is undefined (src/skill.js:12)` */
export function describe(thrown) {
  const place = frames(thrown).find(isOwn)?.place;
  return place ? `${message(thrown)} (${place})` : message(thrown);
}

/** The message and every frame, one per line. */
export function trace(thrown) {
  const inside = frames(thrown).filter((frame) => !frame.place.startsWith("src/metier/"));
  const lines = inside.map(({ name, place }) => `    at ${name || "top level"} (${place})`);
  const cause = thrown instanceof Error && thrown.cause !== undefined ? [`caused by ${trace(thrown.cause)}`] : [];
  return [`uncaught ${message(thrown)}`, ...lines, ...cause].join("\n");
}
