"""What KEY=SPACE means."""

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.search.space import Space, parse


@pytest.mark.parametrize(
    ("word", "space"),
    [
        ("optimizer.lr=1e-4..0.1", Space("optimizer.lr", low=1e-4, high=0.1)),
        ("optimizer.lr=log:1e-4..1e-1", Space("optimizer.lr", low=1e-4, high=0.1, log=True)),
        ("train.batch=16..256", Space("train.batch", low=16, high=256)),
        ("x=-3..3", Space("x", low=-3, high=3)),
        ("model.activation=relu|tanh", Space("model.activation", choices=("relu", "tanh"))),
        ("model.hidden=[4]| [8, 8]", Space("model.hidden", choices=("[4]", "[8, 8]"))),
        ("data.shape=moons", Space("data.shape", choices=("moons",))),
    ],
)
def test_what_a_word_means(word, space):
    assert parse(word) == space


def test_whole_ends_mean_whole_numbers_and_can_be_counted():
    assert parse("a=2..5").whole and parse("a=2..5").count == 4 and parse("a=2..5").ends == [2, 5]
    assert not parse("a=2..5.0").whole and parse("a=2..5.0").count == 0
    assert parse("a=[1]|x|0.5").ends == [[1], "x", 0.5]


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("optimizer.lr", "is not KEY=SPACE"),
        ("=1..2", "is not KEY=SPACE"),
        ("a=", "is not KEY=SPACE"),
        ("a=1..x", "no range"),
        ("a=5..2", "the lower one comes first"),
        ("a=log:0..1", "begins above 0"),
        ("a=1e999..2", "goes too far"),
        ("a=0..9007199254740993", "at most 9007199254740992"),  # else whole numbers are drawn that are none of them
        ("a=1.." + "9" * 5000, "goes too far"),  # more digits than Python reads
        ("a=-1e308..1e308", "goes too far"),  # wider than the greatest number
    ],
)
def test_what_is_none_is_told_with_examples(word, reason):
    with pytest.raises(DltuiError, match=reason) as fault:
        parse(word)
    assert fault.value.status == ExitStatus.USAGE and "optimizer.lr=log:1e-4..1e-1" in fault.value.hint
