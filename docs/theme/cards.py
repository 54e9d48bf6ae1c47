"""The picture that other sites show beside a link to a page: its title above some digits."""

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
        strip: a sheet of ten digits a row; its top three rows stand below.
        out: the `.png` to write.
    """
    card = Image.new("RGB", SIZE, GROUND)
    pen = ImageDraw.Draw(card)
    pen.text((MARGIN, MARGIN), site, SMALL, ImageFont.load_default(34))
    lines = textwrap.wrap(title, 24)[:2]
    font = ImageFont.load_default(84 if len(lines) == 1 else 64)
    pen.multiline_text((MARGIN, 130), "\n".join(lines), TITLE, font, spacing=12)
    with Image.open(strip) as picture:
        rows = picture.convert("L").crop((0, 0, picture.width, picture.width * 3 // 10))
    wide = SIZE[0] - 2 * MARGIN
    rows = rows.resize((wide, wide * 3 // 10), Image.Resampling.LANCZOS)
    card.paste(rows, (MARGIN, SIZE[1] - rows.height))
    out.parent.mkdir(parents=True, exist_ok=True)
    card.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(out, optimize=True)
