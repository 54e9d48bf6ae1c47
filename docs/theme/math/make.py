"""Makes the site's font of formulas from STIX Two Math: its characters, and narrower roots.

    python docs/theme/math/make.py STIXTwoMath-Regular.ttf

needs `fonttools` and `brotli`. A browser gives a root the width of the widest of its root signs, so
that all of them are made as wide as the smallest; the gap behind a root is gone with that.
"""

import sys
from pathlib import Path
from typing import Any

CHARACTERS = [
    *range(0x20, 0x7F),  # ASCII
    *(0xA0, 0xA8, 0xAC, 0xAF, 0xB0, 0xB1, 0xB4, 0xB7, 0xD7, 0xF7, 0x131, 0x237),
    *(0x2C6, 0x2C7, *range(0x2D8, 0x2DD), *range(0x300, 0x30D), 0x332, 0x338),  # accents
    *map(ord, "ΓΔΘΛΠΣΦΨΩ"),
    *range(0x3B1, 0x3CA),
    *map(ord, "ϑϕϖϰϱϵ"),
    *range(0x2010, 0x2017),
    *map(ord, "‘’“”†‡•…′″‴‾"),
    *range(0x2061, 0x2065),
    *(0x20D7, 0x2102, *range(0x210B, 0x210F), *range(0x2110, 0x2114), 0x2115),
    *(*range(0x211A, 0x211E), 0x2124, *range(0x2130, 0x2134)),
    *range(0x2190, 0x2195),  # arrows
    *range(0x21D0, 0x21D5),
    *(0x21A6, *range(0x27F5, 0x27FA)),
    *range(0x2200, 0x220A),  # operators
    *(0x220F, 0x2211, 0x2212, 0x2213, *range(0x2215, 0x221F), *range(0x2223, 0x222C)),
    *(*range(0x2234, 0x2238), 0x223C, *range(0x2243, 0x2249), 0x2254, *range(0x225F, 0x2262)),
    *(*range(0x2264, 0x226C), *range(0x2282, 0x2288), *range(0x2295, 0x229A), 0x22A4, 0x22A5),
    *(*range(0x22C0, 0x22C6), *range(0x22EE, 0x22F2), *range(0x2308, 0x230C)),
    *(*range(0x23DE, 0x23E2), 0x25A0, 0x25A1, 0x2A7D, 0x2A7E, *range(0x27E8, 0x27EC)),
    *range(0x1D400, 0x1D41A),  # bold capitals
    *range(0x1D434, 0x1D468),  # italic
    *range(0x1D49C, 0x1D4B6),  # script capitals
    *range(0x1D538, 0x1D552),  # double-struck capitals
    *range(0x1D6E2, 0x1D71C),  # italic Greek
]
OUT = Path(__file__).with_name("STIXTwoMath.woff2")


def main(source: str) -> None:
    """Writes the font."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    font = TTFont(source)
    options = Options(layout_features=["ssty", "dtls", "kern"], hinting=False, glyph_names=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=CHARACTERS)
    subsetter.subset(font)
    narrow_roots(font)
    font.flavor = "woff2"
    font.save(OUT)


def narrow_roots(font: Any) -> None:
    """Makes every root sign, and every part of a tall one, as wide as the smallest."""
    root = font.getBestCmap()[ord("√")]
    variants = font["MATH"].table.MathVariants
    made = dict(zip(variants.VertGlyphCoverage.glyphs, variants.VertGlyphConstruction, strict=True))
    names = {record.VariantGlyph for record in made[root].MathGlyphVariantRecord}
    parts = [part.glyph for part in made[root].GlyphAssembly.PartRecords]
    width = font["hmtx"][root][0]
    widest = max(font["hmtx"][part][0] for part in parts)
    scales = {name: width / font["hmtx"][name][0] for name in names}
    scales |= dict.fromkeys(parts, width / widest)
    for name, scale in scales.items():
        glyph = font["glyf"][name]
        glyph.coordinates.scale((scale, 1))
        glyph.coordinates.toInt()
        glyph.recalcBounds(font["glyf"])
        advance, bearing = font["hmtx"][name]
        font["hmtx"][name] = (round(advance * scale), round(bearing * scale))


if __name__ == "__main__":
    main(*sys.argv[1:])
