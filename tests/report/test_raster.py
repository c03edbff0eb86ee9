"""A terminal's picture in pixels."""

import numpy as np
import pytest
from rich.segment import Segment
from rich.style import Style

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


@pytest.mark.parametrize("text", ["accuracy 0.98", "точность", "αβ → ≤ ×", "✓ ✗ ○ ●"])
def test_each_character_of_our_screens_is_drawn_and_none_as_a_missing_one(text):
    missing = pixels(Segment("\U0010ffff"))
    for sign in text.replace(" ", ""):
        cell = pixels(Segment(sign))
        assert (cell != 255).any() and (cell != missing).any(), sign
        assert (cell[0] == 255).all() and (cell[-1] == 255).all(), "it stays within its line"


def test_bold_text_has_more_ink():
    plain, bold = (pixels(Segment("loss", Style(bold=bold))) for bold in (False, True))
    assert (255 - bold.astype(int)).sum() > 1.1 * (255 - plain.astype(int)).sum()
