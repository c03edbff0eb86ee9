"""A terminal's picture in pixels: blocks, Braille and frames as rectangles, text in a monospaced font."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont
from rich.cells import split_graphemes
from rich.style import Style

from dltui.render.cells import Line
from dltui.report.cells_svg import DIM, SHADES, Page, boxes_of, colours

WIDE, HIGH = 10, 20  # pixels of a cell
FONT = "files/JetBrainsMono[wght].ttf"  # of the package fontpkg_jetbrains_mono: Latin, Greek, Cyrillic, arrows
FONT_SIZE, WEIGHTS = 16, (400, 700)  # plain, bold
STAND_INS = str.maketrans("✓✗○", "√×o")  # of signs that it lacks


def image(lines: Sequence[Line], page: Page, scale: int = 1) -> Image.Image:
    """Returns the lines as a picture, `scale` times as large."""
    columns = max(sum(cells for text, _, _ in line for _, _, cells in split_graphemes(text)[0]) for line in lines)
    wide, high = WIDE * scale, HIGH * scale
    picture = Image.new("RGB", (columns * wide, len(lines) * high), page.ground)
    draw = ImageDraw.Draw(picture)
    for row, line in enumerate(lines):
        column = 0
        for text, style, _ in line:
            ink, ground, dim = colours(style or Style(), page)
            pen = _Pen(_mixed(ink, ground or page.ground, DIM) if dim else ink, ground or page.ground,
                       bool(style and style.bold), scale)  # fmt: skip
            for start, stop, cells in split_graphemes(text)[0]:
                x, y = column * wide, row * high
                if ground:
                    draw.rectangle((x, y, x + cells * wide - 1, y + high - 1), fill=ground)
                pen.write(draw, text[start:stop], x, y)
                column += cells
    return picture


class _Pen(NamedTuple):
    """How characters are drawn."""

    ink: str
    ground: str
    bold: bool
    scale: int

    def write(self, draw: ImageDraw.ImageDraw, sign: str, x: int, y: int) -> None:
        """Draws one character into the cell whose upper left corner is there."""
        boxes = [*boxes_of(sign)]
        wide, high = WIDE * self.scale, HIGH * self.scale
        fill = _mixed(self.ink, self.ground, SHADES[sign]) if sign in SHADES else self.ink
        for left, top, width, height in boxes:
            right, bottom = round((left + width) * wide), round((top + height) * high)
            left, top = round(left * wide), round(top * high)
            draw.rectangle((x + left, y + top, x + max(left, right - 1), y + max(top, bottom - 1)), fill=fill)
        if not boxes and sign.strip():
            font = _font(FONT_SIZE * self.scale, self.bold)
            draw.text((x, y - self.scale), sign.translate(STAND_INS), font=font, fill=self.ink)


def _mixed(ink: str, ground: str, share: float) -> str:
    """A colour "#rrggbb" of which `share` is ink."""
    pairs = zip(*(bytes.fromhex(colour[1:]) for colour in (ink, ground)), strict=True)
    return "#" + bytes(round(share * one + (1 - share) * other) for one, other in pairs).hex()


@cache
def _font(size: int, bold: bool) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(str(files("fontpkg_jetbrains_mono") / FONT), size)
    font.set_variation_by_axes([WEIGHTS[bold]])
    return font
