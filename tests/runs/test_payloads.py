"""Payloads are checked when they are made: a picture with axes says what they are."""

import pytest

from dltui.runs.payloads import of_table

PLANE = {"values": [[0.0, 1.0]], "x": [0, 1], "y": [0, 1]}
WITH_AXES = {
    "lines": {"curves": [{"name": "loss", "x": [1, 2], "y": [0.5, 0.4]}]},
    "scatter": {"x": [1.0], "y": [2.0], "label": [0], "classes": ["rows"]},
    "contour": PLANE | {"names": ["w"], "trail_x": [[0.0]], "trail_y": [[0.0]]},
    "field": PLANE | {"points": {"x": [0.0], "y": [0.0], "label": [0]}, "classes": ["a", "b"]},
}


@pytest.mark.parametrize("kind", WITH_AXES)
def test_a_picture_with_axes_is_none_without_their_names(kind):
    table = {"type": kind, **WITH_AXES[kind]}
    for named in ({}, {"x_title": "step"}, {"y_title": "loss"}):
        with pytest.raises(TypeError, match="_title"):
            of_table(table | named)
    whole = of_table(table | {"x_title": "step", "y_title": "loss"})
    assert {"x_title": "step", "y_title": "loss"}.items() <= whole.table().items()


@pytest.mark.parametrize(
    "table",
    [
        {"type": "lines", "curves": [{"name": "a", "x": [1, 2], "y": [1, 2, 3]}], "x_title": "x", "y_title": "y"},
        {"type": "scatter", "x": [1, 2], "y": [1, 2], "label": [0], "classes": ["a"], "x_title": "x", "y_title": "y"},
        {"type": "bars", "labels": ["a", "b"], "values": [1.0]},
        {
            "type": "matrix",
            "values": [[1, 2]],
            "rows": ["a", "b"],
            "columns": ["a", "b"],
            "row_title": "",
            "column_title": "",
        },
        {"type": "alignment", "weights": [[1.0, 0.0]], "rows": ["a"], "columns": ["a"]},
        {"type": "spans", "parts": ["a", "b"], "values": [1.0]},
        {"type": "tree", "merges": [[0, 1]], "heights": [1.0, 2.0]},
    ],
    ids=lambda table: table["type"],
)
def test_what_belongs_together_has_one_length(table):
    """Guards a plot that leaves out, or shifts, what does not pair up."""
    with pytest.raises(ValueError, match=r"as many of each|is 1 x 2"):
        of_table(table)
