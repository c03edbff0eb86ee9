"""Parts of a step as bars, and its numbers with units that fit."""

import pytest

from dltui.render import step_profile
from dltui.render.terminal_capabilities import TerminalCapabilities

PARTS = [{"name": "forward", "share": 0.75, "seconds": 0.003}, {"name": "optimizer", "share": 0.25, "seconds": 0.001}]


def test_a_bar_is_as_long_as_its_part_takes_and_says_share_and_milliseconds():
    lines = step_profile.render(PARTS, "Parts", 60, TerminalCapabilities(unicode=False))
    texts = ["".join(segment.text for segment in line).rstrip() for line in lines]
    assert texts[0] == "Parts"
    assert texts[1].startswith("forward    75.0% #") and texts[1].endswith("3")
    assert texts[2].startswith("optimizer  25.0% #") and texts[2].endswith("1")
    assert texts[1].count("#") == pytest.approx(3 * texts[2].count("#"), abs=2)


def test_units_fit():
    assert [step_profile.size(n) for n in (0, 1023, 1536, 5 << 20, 3 << 31, 1 << 50)] == [
        "0 B", "1023 B", "1.5 KiB", "5.0 MiB", "6.0 GiB", "1048576 GiB",
    ]  # fmt: skip
    assert [step_profile.operations(n) for n in (0, 999, 496_648_192, 9.895e14)] == ["0 ", "999 ", "497 M", "990 T"]
    assert step_profile.milliseconds(0.00192) == "1.920 ms"
