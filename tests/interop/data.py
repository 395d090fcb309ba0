#!/usr/bin/env python3
"""Write workbooks with public writers, and compare what the data skill reads with what openpyxl reads.

    python tests/interop/data.py write FOLDER               books.json: each workbook, its sheets, and their rows as SQL has them
    python tests/interop/data.py rows BOOKS.json FILE SHEET ANSWER.json
    python tests/interop/data.py picture FILE WIDTH HEIGHT WORD...

Exits 0 when all is as it should be, 1 with the first that is not.
"""

import datetime
import json
import pathlib
import sys
import xml.etree.ElementTree

import openpyxl
import xlsxwriter
from PIL import Image

HEADER = ["name", "day", "moment", "paid", "amount", "count", "sum"]
DAY = datetime.date
MOMENT = datetime.datetime

ROWS = [
    ["Ærø & Søn <GmbH>", DAY(2026, 1, 31), MOMENT(2026, 1, 31, 9, 30, 15), True, 0.1, 1, 0.1],
    ["王小明 🚀", DAY(2024, 2, 29), MOMENT(2024, 2, 29, 23, 59, 59), False, -1234.56, -7, 8641.92],
    ["=not a formula", None, MOMENT(1999, 12, 31, 0, 0, 1), None, None, 9007199254740992, None],
    [None, DAY(1900, 3, 1), None, True, 1.5e300, 0, 0.0],
    ["007", DAY(9999, 12, 31), MOMENT(2026, 6, 1, 12, 0), False, 1e-7, 123456789012, 12345.678],
]


def write_with_xlsxwriter(path):
    """Formulas with the values a spreadsheet saved with them, shared strings, merged cells, three sheets."""
    book = xlsxwriter.Workbook(path)
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
    sheet = book.add_worksheet("Orders")
    sheet.write_row(0, 0, HEADER)
    for at, row in enumerate(ROWS, 1):
        for column, value in enumerate(row):
            if value is None:
                continue
            if column == 6:
                sheet.write_formula(at, column, f"=E{at + 1}*F{at + 1}", None, value)
            elif column == 1:
                sheet.write_datetime(at, column, value, day)
            elif column == 2:
                sheet.write_datetime(at, column, value, moment)
            elif isinstance(value, bool):
                sheet.write_boolean(at, column, value)
            elif isinstance(value, str):
                sheet.write_string(at, column, value)
            else:
                sheet.write_number(at, column, value)
    merged = book.add_worksheet("Zusammen – gefasst")
    # A table that begins away from the corner, with a cell over two rows.
    merged.write_row(2, 1, ["region", "pieces"])
    merged.merge_range(3, 1, 4, 1, "North")
    merged.write_number(3, 2, 4)
    merged.write_number(4, 2, 5)
    merged.write_row(5, 1, ["South", 6])
    book.add_worksheet("Empty")
    book.close()


def write_with_openpyxl(path):
    """Inline in other ways: another writer's styles, no cached values, so none of its cells is a formula."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Orders"
    sheet.append(HEADER)
    for row in ROWS:
        sheet.append(["'" + value if value == "=not a formula" else value for value in row])
    other = book.create_sheet("日本")
    other.append(["a", "a", None, "b"])
    other.append([1, 2, 3, True])
    other.append([None, 2.5, "x", False])
    book.save(path)


def text(value, number):
    """A cell as the skill's SQL has it: whole numbers and fractions by the type of their column."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, MOMENT):
        return value.strftime("%Y-%m-%d %H:%M:%S") if value.time() != datetime.time() else value.strftime("%Y-%m-%d")
    if isinstance(value, DAY):
        return value.isoformat()
    return number(value) if isinstance(value, (int, float)) else str(value)


def same(found, expected):
    if found == expected:
        return True
    if found is None or expected is None:
        return False
    try:
        return float(found) == float(expected)
    except ValueError:
        return False


def rows_of(path, name):
    """What openpyxl reads: the rows below the first that has anything, from its first column to its last."""
    sheet = openpyxl.load_workbook(path, data_only=True)[name]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if any(value is not None for value in row)]
    if not rows:
        return []
    used = [at for at, value in enumerate(rows[0]) if value is not None]
    first, last = used[0], used[-1] + 1
    return [[text(value, repr) for value in row[first:last]] for row in rows[1:]]


def write(folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    books = {}
    for name, writer in [("xlsxwriter", write_with_xlsxwriter), ("openpyxl", write_with_openpyxl)]:
        path = folder / f"{name}.xlsx"
        writer(path)
        names = openpyxl.load_workbook(path).sheetnames
        books[path.name] = {sheet: rows for sheet in names if (rows := rows_of(path, sheet))}
    (folder / "books.json").write_text(json.dumps(books, ensure_ascii=False, indent=1))


def rows(books, file, sheet, answer):
    expected = json.loads(pathlib.Path(books).read_text())[file][sheet]
    found = json.loads(pathlib.Path(answer).read_text())["rows"]
    if len(found) != len(expected):
        sys.exit(f"{file}, {sheet}: openpyxl reads {len(expected)} rows and data reads {len(found)}")
    for at, (one, other) in enumerate(zip(found, expected), 2):
        wrong = [pair for pair in zip(one, other) if not same(*pair)]
        if wrong or len(one) != len(other):
            sys.exit(f"{file}, {sheet}, row {at}: (data, openpyxl) differ: {wrong or (one, other)}")


def picture(file, width, height, *words):
    width, height = int(width), int(height)
    if file.endswith(".png"):
        image = Image.open(file)
        image.load()
        if image.size != (width, height) or len(set(image.convert("RGB").getdata())) < 10:
            sys.exit(f"{file}: {image.size}, expected {(width, height)} with a picture in it")
        return
    root = xml.etree.ElementTree.parse(file).getroot()
    if root.tag != "{http://www.w3.org/2000/svg}svg" or (root.get("width"), root.get("height")) != (str(width), str(height)):
        sys.exit(f"{file}: {root.tag} of {root.get('width')} x {root.get('height')}")
    said = " ".join(root.itertext())
    for word in words:
        if word not in said:
            sys.exit(f"{file} does not say {word!r}")


if __name__ == "__main__":
    {"write": write, "rows": rows, "picture": picture}[sys.argv[1]](*sys.argv[2:])
