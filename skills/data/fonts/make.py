#!/usr/bin/env python3
"""Make the fonts of the PNG charts: `python make.py FOLDER-WITH-ARIMO` (needs fonttools 4).

The letters of European scripts, without hinting. Their name is changed, as the licence asks of a changed font.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

LETTERS = [(0x20, 0x7E), (0xA0, 0x17F), (0x218, 0x21B), (0x384, 0x3CE), (0x400, 0x45F), (0x490, 0x491), (0x1E9E, 0x1E9E)]
SIGNS = "–—‘’‚“”„†•…‰‹›€₤₽™−≈≠≤≥←↑→↓Ω∑√∞"
HERE = Path(__file__).parent


def make(source, style, target):
    options = subset.Options()
    options.hinting = False
    options.layout_features = ["kern", "mark", "ccmp", "liga"]
    options.name_IDs = [0, 1, 2, 6, 13, 14]
    options.notdef_outline = True
    font = TTFont(source, recalcTimestamp=False)
    subsetter = subset.Subsetter(options)
    letters = {code for first, last in LETTERS for code in range(first, last + 1)} | set(map(ord, SIGNS))
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID == 1:
            record.string = "Metier Sans"
        if record.nameID == 2:
            record.string = style
        if record.nameID == 6:
            record.string = f"MetierSans-{style}"
    font.save(target)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    make(folder / "Arimo-Regular.ttf", "Regular", HERE / "sans-regular.ttf")
    make(folder / "Arimo-Bold.ttf", "Bold", HERE / "sans-bold.ttf")
