"""The picture that other sites show beside a link to a page: its title above a row of digits."""

import textwrap
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)
GROUND, TITLE, SMALL = "#15191f", "#e6e9ed", "#b3bbc6"
MARGIN = 72


def draw(title: str, site: str, strip: Path, out: Path) -> None:
    """Writes a card.

    Args:
        title: of the page.
        site: its name, which stands above the title.
        strip: the picture below it, of which the top row is cut out.
        out: the `.png` to write.
    """
    card = Image.new("RGB", SIZE, GROUND)
    pen = ImageDraw.Draw(card)
    pen.text((MARGIN, MARGIN), site, SMALL, ImageFont.load_default(34))
    lines = textwrap.wrap(title, 24)
    size = 84 if len(lines) < 3 else 64
    pen.multiline_text(
        (MARGIN, 140), "\n".join(lines[:3]), TITLE, ImageFont.load_default(size), spacing=14
    )
    with Image.open(strip) as picture:
        digits = picture.convert("L")
    wide = SIZE[0] - 2 * MARGIN
    digits = digits.resize((wide, round(digits.height * wide / digits.width)), Image.LANCZOS)
    card.paste(digits.crop((0, 0, wide, SIZE[1] - MARGIN - 380)), (MARGIN, 380))
    out.parent.mkdir(parents=True, exist_ok=True)
    card.convert("P", palette=Image.ADAPTIVE, colors=64).save(out, optimize=True)
