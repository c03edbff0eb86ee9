"""Lengths of time as a person writes them."""

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.runs import duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("30m", 1800),
        ("2min", 120),
        ("1.5h", 5400),
        ("30d", 30 * 86400),
        ("8W", 56 * 86400),
        (" 1 d ", 86400),
    ],
)
def test_a_number_and_a_unit(text, seconds):
    assert duration.seconds(text) == duration.parse(text, "--older") == seconds


@pytest.mark.parametrize("text", ["", "3", "d", "-3d", "3y", "3 months", "1e3d", "0d", "inf d", "٣d x"])
def test_what_is_none_is_an_error_that_shows_one(text):
    with pytest.raises(DltuiError, match="--older 30d") as caught:
        duration.parse(text, "--older")
    assert caught.value.status == ExitStatus.USAGE


def test_what_was_understood_is_told_in_words():
    assert [duration.in_words(text) for text in ("30m", "1d", "1.5h")] == ["30 minutes", "1 day", "1.5 hours"]
