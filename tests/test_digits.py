"""What is no number is none, and never an error: str.isdigit() holds for more than int() takes."""

import pytest

from dltui.digits import whole


def test_whole_numbers_are_read_and_nothing_else_is():
    assert [whole(text) for text in ("0", "007", "12", "٣")] == [0, 7, 12, 3]
    for text in ("", "-1", "+1", " 1", "1.0", "²", "①", "1_0", "x", "9" * 10, "9" * 5000):
        assert whole(text) is None


@pytest.mark.parametrize("word", ["²", "9" * 5000])
def test_a_topic_that_is_no_number_is_told_of(word):
    from dltui.errors import DltuiError
    from dltui.recipes import files

    with pytest.raises(DltuiError, match="There is no topic"):
        files.find_topic(word)


@pytest.mark.parametrize("columns", ["²", "9" * 5000, "0"])
def test_columns_that_are_no_number_are_passed_over(columns):
    import io

    from dltui.cli.environment import Environment

    env = Environment(io.StringIO(), io.StringIO(), io.StringIO(), {"COLUMNS": columns})
    assert env.width == 80
