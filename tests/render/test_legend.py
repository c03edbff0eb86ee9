"""The key of a picture names as many of its signs as there is room for."""

from rich.style import Style

from dltui.render.cells import cell_width
from dltui.render.legend import Entry, legend
from tests.render.conftest import LOOKS, plain

FIVE = [Entry("━━", Style(), name) for name in ("zeros", "constant", "normal", "xavier", "he")]


def test_names_stand_closer_before_one_is_left_out():
    assert plain(legend(FIVE, 60, 1, LOOKS["true"]))[0].startswith("━━ zeros  ━━ constant  ━━ normal")
    assert plain(legend(FIVE, 38, 1, LOOKS["true"])) == ["━zeros ━constant ━normal ━xavier ━he  "]


def test_without_colours_every_sign_is_whole():
    """They tell the curves apart by their dashes."""
    drawn = plain(legend(FIVE, 38, 1, LOOKS["none"]))[0]
    assert "━━ zeros" in drawn and drawn.rstrip().endswith("+2")


def test_what_has_no_place_is_counted_and_nothing_is_wider_than_it_may_be():
    for width in range(8, 70):
        for most in (1, 2):
            drawn = plain(legend(FIVE, width, most, LOOKS["true"]))
            named = sum(entry.text in "".join(drawn) for entry in FIVE)
            assert all(cell_width(line) == width for line in drawn) and len(drawn) <= most
            assert named == 5 or f"+{5 - named}" in drawn[-1] or width < 16
