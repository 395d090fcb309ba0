/**
 * What is mended in the parts pptxgenjs wrote, before they are packed.
 *
 * Three reasons: the theme (the library always writes Office's colours), the same bytes every time (dates, ids), and places
 * where it writes what the standard (ECMA-376) does not allow or what says less than it could.
 */

/** Returns the callback for `onPackage`. */
export function finisher(theme, language) {
  return (parts) => {
    if (parts.has('xl/workbook.xml')) return finishWorkbook(parts);
    for (const [path, content] of parts) {
      if (typeof content === 'string') parts.set(path, finishPart(path, content, theme, language));
    }
    shareMedia(parts);
    dropEmptyNotes(parts);
    dropMissingOverrides(parts);
    return parts;
  };
}

/** The library writes notes for every slide, said or not. */
function dropEmptyNotes(parts) {
  for (const [path, xml] of parts) {
    if (!/^ppt\/notesSlides\/[^/]+\.xml$/.test(path) || NOTES.exec(xml)?.[1]) continue;
    const name = path.slice(path.lastIndexOf('/') + 1);
    parts.delete(path);
    parts.delete(path.replace(name, `_rels/${name}.rels`));
    const relations = `ppt/slides/_rels/${name.replace('notesSlide', 'slide')}.rels`;
    parts.set(relations, parts.get(relations).replace(/<Relationship [^>]*\/notesSlide"[^>]*\/>/, ''));
  }
}

function finishPart(path, xml, theme, language) {
  if (path === 'ppt/theme/theme1.xml') return withColors(xml, theme);
  if (path === 'docProps/core.xml') return withoutDates(xml, language);
  if (path === 'ppt/presentation.xml') return withFixedIds(xml);
  if (path === 'ppt/slideMasters/slideMaster1.xml') return xml.replace('<a:lvl1pPr algn="ctr"', '<a:lvl1pPr algn="l"');
  if (/^ppt\/notesSlides\/[^/]+\.xml$/.test(path)) return withParagraphs(xml, language);
  if (/^ppt\/charts\/[^/]+\.xml$/.test(path)) return finishChart(xml);
  if (/^ppt\/(slides|slideLayouts)\/[^/]+\.xml$/.test(path)) return finishSlide(xml);
  return xml;
}

function withColors(xml, theme) {
  const color = (name, value) => `<a:${name}><a:srgbClr val="${value}"/></a:${name}>`;
  const scheme = [
    color('dk1', theme.text), color('lt1', theme.background), color('dk2', theme.muted), color('lt2', theme.panel),
    ...theme.series.map((value, i) => color(`accent${i + 1}`, value)),
    color('hlink', theme.series[0]), color('folHlink', theme.muted),
  ];
  return xml.replace(/<a:clrScheme[^]*?<\/a:clrScheme>/, `<a:clrScheme name="Deck">${scheme.join('')}</a:clrScheme>`);
}

/** The dates of a deck that is the same each time it is made would be untrue: there are none. */
function withoutDates(xml, language) {
  return xml
    .replace(/\s*<dcterms:(created|modified)[^]*?<\/dcterms:\1>/g, '')
    .replace('<cp:revision>', `<dc:language>${language}</dc:language><cp:revision>`);
}

/** Sections have random ids; they are numbered instead. */
function withFixedIds(xml) {
  let number = 0;
  return xml.replace(/(<p14:section [^>]*id=")\{[^}]*\}/g, (_, before) => {
    number += 1;
    return `${before}{00000000-0000-4000-8000-${String(number).padStart(12, '0')}}`;
  });
}

/** The text of the notes: the first run of a notes page. */
const NOTES = /<a:r><a:rPr [^>]*\/><a:t>([^<]*)<\/a:t><\/a:r>(<a:endParaRPr[^>]*\/>)<\/a:p>/;

/** Each line of the notes is a paragraph; the library writes line ends into one. */
function withParagraphs(xml, language) {
  const run = `<a:r><a:rPr lang="${language}" dirty="0"/><a:t>`;
  return xml.replace(NOTES, (_, text, end) =>
    text.split(/\r?\n/).map((line) => (line ? `${run}${line}</a:t></a:r>` : '')).join(`${end}</a:p><a:p>`) + `${end}</a:p>`);
}

function finishSlide(xml) {
  let id = 0;
  return xml
    .replace('<p:cSld name="DEFAULT">', '<p:cSld name="Blank">')
    // Shape ids are unique on a slide.
    .replace(/<p:cNvPr id="\d+"/g, () => `<p:cNvPr id="${(id += 1)}"`)
    // The library has no words for tables, and marks no header row.
    .replace(/name="([^"|]*)\|alt\|([^"]*)"/g, 'name="$1" descr="$2"')
    .replaceAll('<a:tblPr/>', '<a:tblPr firstRow="1"/>')
    // A title is the placeholder without a number: what every reader looks for. `hasCustomPrompt` belongs to layouts with a prompt.
    .replace(/<p:ph\s+idx="(\d+)"\s+type="(\w+)"[^>]*\/>/g, (_, idx, type) => `<p:ph type="${type}"${type === 'title' ? '' : ` idx="${idx}"`}/>`)
    .replace(/name="[^"]*"(><\/p:cNvPr><p:cNvSpPr\/?[^>]*><p:nvPr><p:ph type="(title|body)")/g, (_, rest, type) =>
      `name="${type === 'title' ? 'Title' : 'Content'}"${rest}`)
    // Paragraph properties come once and first; the library repeats them before each run.
    .replace(/(<\/a:r>|<a:br\/>)<a:pPr[^>]*>[^]*?<\/a:pPr>/g, '$1')
    // A theme font has its own names for East Asian and complex scripts.
    .replace(/<a:(ea|cs) typeface="\+(m[jn])-lt"/g, '<a:$1 typeface="+$2-$1"');
}

function finishChart(xml) {
  return xml
    // Indentation is a quarter of what the library writes; text never starts or ends beside it.
    .replace(/>\s+<(?!\/)/g, '><')
    .replace(/<c:pt idx="\d+"><c:v><\/c:v><\/c:pt>/g, '')
    .replace(/<c:(line|area)Chart>[^]*?<\/c:\1Chart>/g, (chart) => chart.replace(/\s*<c:invertIfNegative val="0"\/>/g, ''))
    // The standard wants markers before labels.
    .replace(/(<c:dLbls>(?:(?!<\/c:dLbls>)[^])*<\/c:dLbls>)(<c:marker>(?:(?!<\/c:marker>)[^])*<\/c:marker>)/g, '$2$1');
}

function finishWorkbook(parts) {
  const sheet = 'xl/worksheets/sheet1.xml';
  parts.set(sheet, parts.get(sheet).replace(/<c r="[A-Z]+\d+"><v><\/v><\/c>/g, ''));
  // A table no sheet shows, with column names Excel would not accept when two series share one.
  parts.delete('xl/tables/table1.xml');
  parts.delete('xl/worksheets/_rels/sheet1.xml.rels');
  // A date, and colours nothing in the sheet uses.
  parts.delete('docProps/core.xml');
  parts.delete('xl/theme/theme1.xml');
  const book = 'xl/_rels/workbook.xml.rels';
  parts.set(book, parts.get(book).replace(/<Relationship [^>]*theme1\.xml"\/>/, ''));
  const relations = '_rels/.rels';
  parts.set(relations, parts.get(relations).replace(/<Relationship [^>]*core-properties[^>]*\/>/, ''));
  dropMissingOverrides(parts);
  return parts;
}

/** The same picture is in the file once, however many slides show it. */
function shareMedia(parts) {
  const first = new Map();
  const moved = new Map();
  for (const [path, content] of parts) {
    if (!path.startsWith('ppt/media/')) continue;
    if (!first.has(content)) first.set(content, path);
    else moved.set(path.replace('ppt', '..'), first.get(content).replace('ppt', '..'));
  }
  if (moved.size === 0) return;
  for (const path of moved.keys()) parts.delete(path.replace('..', 'ppt'));
  for (const [path, content] of parts) {
    if (!path.endsWith('.rels') || !content.includes('../media/')) continue;
    parts.set(path, content.replace(/\.\.\/media\/[^"]+/g, (target) => moved.get(target) ?? target));
  }
}

/** The library lists a master for every slide. */
function dropMissingOverrides(parts) {
  const path = '[Content_Types].xml';
  parts.set(path, parts.get(path).replace(/<Override PartName="\/([^"]+)"[^>]*\/>/g, (line, part) => (parts.has(part) ? line : '')));
}
