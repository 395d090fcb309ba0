#!/usr/bin/env python3
"""Read a deck back with python-pptx, slide by slide, against the description it was made from.

    python tests/interop/powerpoint.py DESCRIPTION.json DECK.pptx

python-pptx knows nothing of us: titles, levels of bullet points, cells, series, the numbers in a chart's workbook, notes and
pictures are where every program looks for them, or this says which is not. Exits 0 when all is there, 1 with the first that is
not. Prints how many slides the deck has.
"""

import base64
import hashlib
import io
import json
import re
import sys
import zipfile

from lxml import etree
from pptx import Presentation
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")
MARKS = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*|\[([^\]\n]+)\]\((?:https?://|mailto:)[^\s()]+\)")

CHARTS = {
    ("column", "none"): XL_CHART_TYPE.COLUMN_CLUSTERED,
    ("column", "stacked"): XL_CHART_TYPE.COLUMN_STACKED,
    ("column", "percent"): XL_CHART_TYPE.COLUMN_STACKED_100,
    ("bar", "none"): XL_CHART_TYPE.BAR_CLUSTERED,
    ("bar", "stacked"): XL_CHART_TYPE.BAR_STACKED,
    ("bar", "percent"): XL_CHART_TYPE.BAR_STACKED_100,
    ("line", "none"): XL_CHART_TYPE.LINE_MARKERS,
    ("area", "none"): XL_CHART_TYPE.AREA,
    ("area", "stacked"): XL_CHART_TYPE.AREA_STACKED,
    ("pie", "none"): XL_CHART_TYPE.PIE,
    ("doughnut", "none"): XL_CHART_TYPE.DOUGHNUT,
    ("scatter", "none"): XL_CHART_TYPE.XY_SCATTER,
}


class Mismatch(Exception):
    """The deck does not say what its description says."""


def equal(found, expected, what):
    if found != expected:
        raise Mismatch(f"{what}: found {found!r}, expected {expected!r}")


def plain(text):
    """Text as it is shown: without control characters and marks, on one line."""
    text = MARKS.sub(lambda mark: mark[1] or mark[2], CONTROL.sub("", text))
    return " ".join(text.split())


class Pages:
    """The slides of the deck, taken in order; those that go on from another belong to it."""

    def __init__(self, deck):
        self.slides = list(deck.slides)
        self.at = 0

    def of(self, slide):
        first = self.take()
        title = plain(slide.get("title") or "")
        found = title_of(first)
        more = re.fullmatch(re.escape(title) + r" \(1/(\d+)\)", found or "")
        pages = [first] + [self.take() for _ in range(int(more[1]) - 1 if more else 0)]
        for number, page in enumerate(pages, 1):
            wanted = f"{title} ({number}/{len(pages)})" if len(pages) > 1 else title
            equal(title_of(page) or "", wanted, "title")
        return pages

    def take(self):
        if self.at == len(self.slides):
            raise Mismatch("the deck has fewer slides than its description")
        self.at += 1
        return self.slides[self.at - 1]


def title_of(page):
    return page.shapes.title.text_frame.text if page.shapes.title is not None else None


def texts(pages):
    """Every paragraph of every page as (text, level)."""
    found = []
    for page in pages:
        for shape in page.shapes:
            if shape.has_text_frame:
                found += [("".join(run.text for run in part.runs), part.level) for part in shape.text_frame.paragraphs]
    return found


def blocks(body):
    """The blocks of a body, whether it is one, columns or a grid."""
    if isinstance(body, str):
        return []
    (kind, content), = body.items()
    if kind in ("columns", "grid"):
        return [block for part in content for block in blocks(part["body"])]
    return [(kind, content)]


def check_points(lines, pages):
    found = texts(pages)
    for line in lines:
        indent = re.match(r"[ \t]*", line)[0].replace("\t", "  ")
        wanted = (plain(line), len(indent) // 2)
        if wanted not in [(" ".join(text.split()), level) for text, level in found]:
            raise Mismatch(f"no point {wanted!r} among {found!r}")


def check_text(text, pages):
    whole = "".join(text.split())
    there = "".join("".join(part for part, _ in texts(pages)).split())
    if "".join(plain(text).split()) not in there:
        raise Mismatch(f"the text {whole[:60]!r} is not in {there[:200]!r}")


def check_table(table, pages):
    header = [plain(column["header"]) for column in table["columns"]]
    rows = []
    for page in pages:
        frame, = [shape for shape in page.shapes if shape.has_table]
        cells = [[cell.text_frame.text for cell in row.cells] for row in frame.table.rows]
        equal(cells[0], header, "header")
        equal(frame.table.first_row, True, "first row is a header")
        rows += cells[1:]
    equal(len(rows), len(table["rows"]), "rows of the table")
    for row, wanted in zip(rows, table["rows"]):
        for cell, text, column in zip(row, wanted, table["columns"]):
            check_cell(cell, plain(text), column.get("number-format"))


def check_cell(cell, text, code):
    if not code or not re.fullmatch(r"-?\d+(\.\d+)?", text):
        return equal(cell, text, "cell")
    shown = float(re.sub(r"[^\d.-]", "", cell)) / (100 if "%" in code else 1)
    if abs(shown - float(text)) > 0.0051:
        raise Mismatch(f"cell: {cell!r} is not {text} in {code}")


def charts_of(page):
    return [shape for shape in page.shapes if shape.has_chart]


def check_chart(wanted, frame):
    chart = frame.chart
    kinds = {series.get("kind", wanted["kind"]) for series in wanted["series"]}
    if len(kinds) == 1:
        equal(chart.chart_type, CHARTS[wanted["kind"], wanted.get("stacking", "none")], "chart type")
    found = {}
    for plot in chart.plots:
        if wanted["kind"] != "scatter":
            equal([str(name) for name in plot.categories], [plain(name) for name in wanted["categories"]], "categories")
        for series in plot.series:
            found.setdefault(series.name, []).append(list(series.values))
    for series in wanted["series"]:
        values = found.get(plain(series["name"]), [[]]).pop(0)
        equal(values, series["values"], f"values of {series['name']}")
    check_workbook(wanted, chart)
    alt = frame._element.nvGraphicFramePr.cNvPr.get("descr")
    if not alt:
        raise Mismatch("a chart has no words for those who cannot see it")


def check_workbook(wanted, chart):
    """What "Edit data" opens: the same numbers, zeros and gaps included."""
    book = zipfile.ZipFile(io.BytesIO(chart.part.chart_workbook.xlsx_part.blob))
    ns = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    strings = ["".join(item.itertext()) for item in etree.fromstring(book.read("xl/sharedStrings.xml")).findall("x:si", ns)]
    cells = {}
    for cell in sheet.iterfind(".//x:c", ns):
        value = cell.findtext("x:v", namespaces=ns)
        cells[cell.get("r")] = strings[int(value)] if cell.get("t") == "s" else float(value)
    columns = {cells.get(f"{letter}1"): letter for letter in "BCDEFGHIJKLMNOPQRSTUVWXYZ" if f"{letter}1" in cells}
    names = [plain(series["name"]) for series in wanted["series"]]
    for series, name in zip(wanted["series"], names):
        if names.count(name) > 1:
            continue
        letter = columns.get(name)
        inside = [cells.get(f"{letter}{row}") for row in range(2, len(series["values"]) + 2)]
        equal(inside, series["values"], f"workbook numbers of {name}")


def check_image(wanted, pages, seen):
    (kind, value), = wanted["source"].items()
    pictures = [shape for page in pages for shape in page.shapes if shape.shape_type is not None and shape.shape_type.name == "PICTURE"]
    for picture in pictures:
        if kind != "data" or picture.image.blob == base64.b64decode(value):
            equal(picture._element.nvPicPr.cNvPr.get("descr"), plain(wanted["alt"]), "words for the picture")
            shape = picture.width / picture.height
            equal(abs(shape - picture.image.size[0] / picture.image.size[1]) < 0.02 or wanted.get("fit") == "cover", True, "proportions")
            seen.add(hashlib.sha256(picture.image.blob).hexdigest())
            return
    raise Mismatch("a picture is missing")


def check_block(kind, content, pages, frames, seen):
    if kind in ("bullets", "steps"):
        check_points(content, pages)
    elif kind == "text":
        check_text(content, pages)
    elif kind == "table":
        check_table(content, pages)
    elif kind == "chart":
        check_chart(content, frames.pop(0))
    elif kind == "image":
        check_image(content, pages, seen)
    elif kind == "numbers":
        for figure in content:
            check_text(figure["value"], pages)
            check_text(figure["label"], pages)
    elif kind == "quote":
        check_text(content["text"], pages)


def check_notes(slide, pages):
    for page in pages:
        equal(page.has_notes_slide, bool(slide.get("notes")), "whether there are notes")
        if page.has_notes_slide:
            wanted = CONTROL.sub("", slide["notes"]).strip()
            equal(page.notes_slide.notes_text_frame.text, wanted, "notes")


def check_ids(deck):
    for page in deck.slides:
        ids = [node.get("id") for node in page._element.iter("{*}cNvPr")]
        equal(len(ids), len(set(ids)), "different shape ids")


def check(description, deck):
    equal((deck.slide_width, deck.slide_height), (Inches(13 + 1 / 3), Inches(7.5)), "slide size")
    equal(deck.core_properties.title, plain(description["title"]), "title of the file")
    equal(deck.core_properties.author, plain(description.get("author") or ""), "author of the file")
    pages, seen = Pages(deck), set()
    for number, slide in enumerate(description["slides"], 1):
        try:
            own = pages.of(slide)
            check_notes(slide, own)
            frames = charts_of(own[0])
            for kind, content in blocks(slide["body"]):
                check_block(kind, content, own, frames, seen)
            equal(frames, [], "charts nobody asked for")
            for key in ("subtitle", "source"):
                if slide.get(key):
                    check_text(slide[key], own)
        except Mismatch as mismatch:
            raise Mismatch(f"slide {number}: {mismatch}") from None
    equal(pages.at, len(pages.slides), "slides")
    check_ids(deck)


def check_package(path):
    """Every part is XML that can be read, is declared, and carries no date."""
    package = zipfile.ZipFile(path)
    names = set(package.namelist())
    types = etree.fromstring(package.read("[Content_Types].xml"))
    for override in types.iter("{*}Override"):
        if override.get("PartName")[1:] not in names:
            raise Mismatch(f"{override.get('PartName')} is declared and not there")
    for info in package.infolist():
        equal(info.date_time[0], 1980, f"year of {info.filename}")
        if info.filename.endswith((".xml", ".rels")):
            etree.fromstring(package.read(info.filename))


def main():
    description, path = sys.argv[1:3]
    with open(description, encoding="utf-8") as file:
        described = json.load(file)
    deck = Presentation(path)
    try:
        check_package(path)
        check(described, deck)
    except Mismatch as mismatch:
        print(f"{path}: {mismatch}", file=sys.stderr)
        return 1
    print(len(deck.slides))
    return 0


if __name__ == "__main__":
    sys.exit(main())
