"""Edit distance against its definition, and known pairs."""

from functools import cache
from itertools import product

from dltui.engine.metrics.edit_distance import edit_distance, error_rate


@cache
def by_definition(a: str, b: str) -> int:
    if not a or not b:
        return len(a) + len(b)
    replaced = by_definition(a[1:], b[1:]) + (a[0] != b[0])
    return min(replaced, by_definition(a[1:], b) + 1, by_definition(a, b[1:]) + 1)


def test_known_pairs():
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "abc") == 3 and edit_distance("abc", "") == 3 and edit_distance("", "") == 0
    assert edit_distance([1, 2, 3], [2, 3, 1]) == 2


def test_all_short_words_are_as_the_definition_says():
    words = ["".join(word) for length in range(5) for word in product("ab", repeat=length)]
    assert all(edit_distance(a, b) == by_definition(a, b) for a in words for b in words)


def test_an_error_rate_is_a_share_of_all_symbols_wanted():
    """Long rows count more than short ones: it is no mean of the rows' rates."""
    assert error_rate(["abc", "x"], ["abd", "y"]) == 2 / 4
    assert error_rate([[1, 1, 1]], [[]]) == 3
