"""A terminal's picture in pixels."""

import numpy as np
import pytest
from rich.segment import Segment
from rich.style import Style

from dltui.errors import DltuiError
from dltui.report import raster
from dltui.report.cells_svg import DARK, WHITE
from dltui.report.raster import HIGH, WIDE, image


def pixels(*segments: Segment, page=WHITE, scale: int = 1) -> np.ndarray:
    return np.asarray(image([list(segments)], page, scale))


def test_half_blocks_have_ink_above_and_ground_below():
    drawn = pixels(Segment("▀", Style(color="#ff0000", bgcolor="#0000ff")))
    assert drawn.shape == (HIGH, WIDE, 3)
    assert (drawn[: HIGH // 2] == (255, 0, 0)).all() and (drawn[HIGH // 2 :] == (0, 0, 255)).all()


def test_scale_makes_it_larger_and_nothing_else():
    one, two = (pixels(Segment("▚█ ▁", Style(color="#112233")), scale=scale) for scale in (1, 2))
    assert (one.repeat(2, 0).repeat(2, 1) != two).mean() < 0.02


def test_dim_text_goes_towards_its_ground():
    assert tuple(pixels(Segment("█", Style(color="#ffffff", dim=True)), page=DARK)[0, 0]) == pytest.approx(
        (255 * 0.62 + 16 * 0.38,) * 2 + (255 * 0.62 + 20 * 0.38,), abs=1
    )


def test_without_a_font_blocks_are_drawn_and_text_is_refused(monkeypatch):
    monkeypatch.setattr(raster, "FONTS", ())
    monkeypatch.setattr(raster, "ASK", ("no-such-program",))
    raster._font.cache_clear()
    try:
        pixels(Segment("█▀⣿ "))
        with pytest.raises(DltuiError, match="no monospaced TrueType font"):
            pixels(Segment("a"))
    finally:
        raster._font.cache_clear()
