"""Numbers as people write them."""

import numpy as np
import pyarrow as pa
import pytest

from dltui.engine.reading.numbers import fault, numbers_of


@pytest.mark.parametrize(
    ("cells", "comma_separated", "numbers", "said"),
    [
        (["1,5", "2", "-0,25"], False, [1.5, 2, -0.25], "commas are decimal"),
        (["1.234,5", "2,0"], False, [1234.5, 2], "commas are decimal"),
        (["1,234.5", "1,234"], True, [1234.5, 1234], "commas are of thousands"),
        (["1\u00a0234,5", "12"], False, [1234.5, 12], "commas are decimal"),
        (["+1e5", " 2 ", ".5"], False, [1e5, 2, 0.5], ""),
    ],
)
def test_decimal_commas_and_thousands_are_understood_and_told(cells, comma_separated, numbers, said):
    found, words = numbers_of(pa.chunked_array([cells]), comma_separated=comma_separated)
    assert found.tolist() == numbers and words == said


@pytest.mark.parametrize("cells", [["1,5", "2.5"], ["1,2,3", "4"], ["x"], ["2024-01-01"], ["1 2 3 x"]])
def test_what_could_be_meant_in_two_ways_or_none_is_no_number(cells):
    assert numbers_of(pa.chunked_array([cells])) is None


def test_gaps_and_infinity_are_named_by_their_row():
    values, _ = numbers_of(pa.chunked_array([["1,5", "NA", "", "inf"]]))
    assert np.isnan(values[1:3]).all() and np.isinf(values[3])
    assert fault(values) == "no number in row 2 and 2 others"
    assert fault(np.array([1, np.inf])) == "infinity in row 2" and fault(np.ones(2)) == ""
