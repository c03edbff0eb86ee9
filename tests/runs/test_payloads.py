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
