"""Pictures of variants laid over one another: each trail and curve under its variant's name, what is common once."""

from types import SimpleNamespace

import numpy as np

from dltui.engine.comparisons.overlay import build
from dltui.engine.contracts.task import Picture
from dltui.runs.payloads import Contour, Curve, Heat, Lines, Table


def algorithm(*pictures):
    return SimpleNamespace(pictures=lambda: iter([Picture(pane, payload) for pane, payload in pictures]))


def drawn(algorithms, **options):
    return {picture.pane: picture.payload for picture in build(**options)(algorithms).pictures()}


def way(*x, height=1.0):
    ends = {"x": [0.0, 1.0], "y": [0.0, 1.0], "x_title": "w1", "y_title": "w2"}
    trails = np.array([x, np.zeros(len(x))])
    return Contour(values=np.full((2, 2), height), **ends, names=["w", "bound"], trail_x=trails, trail_y=-trails)


def lines(*y):
    x = list(range(len(y)))
    curves = [Curve(name="loss", x=x, y=list(y)), Curve(name="limit", x=x, y=[9.0] * len(y))]
    return Lines(curves=curves, x_title="step", y_title="loss", log_y=True)


def test_trails_lie_on_one_map_the_shorter_ones_at_rest_where_they_ended():
    payload = drawn({"a": algorithm(("map", way(1, 2, 3))), "b": algorithm(("map", way(4, 5)))})["map"]
    assert payload["names"] == ["a", "b", "bound"]
    assert payload["trail_x"].tolist() == [[1, 2, 3], [4, 5, 5], [0, 0, 0]]
    assert payload["trail_y"][1].tolist() == [-4, -5, -5]


def test_maps_of_other_surfaces_stay_apart():
    panes = drawn({"a": algorithm(("map", way(1, 2))), "b": algorithm(("map", way(1, 2, height=2.0)))})
    assert list(panes) == ["a: map", "b: map"] and panes["b: map"]["names"] == ["w", "bound"]


def test_curves_share_an_axis_and_what_is_common_is_drawn_once():
    payload = drawn({"a": algorithm(("loss", lines(3, 2))), "b": algorithm(("loss", lines(5, 4)))})["loss"]
    assert [(curve["name"], curve["y"][0]) for curve in payload["curves"]] == [("a", 3), ("b", 5), ("limit", 9.0)]
    assert payload["log_y"]


def test_rows_of_a_table_are_named_by_their_variants():
    one, two = (algorithm(("steps", Table(columns=["", "n"], rows=[["", count]]))) for count in (1, 2))
    assert drawn({"a": one, "b": two})["steps"]["rows"] == [["a", 1], ["b", 2]]


def test_pictures_that_cannot_be_laid_over_stay_apart_and_a_lone_one_is_left_alone():
    heat = Heat(values=np.zeros((2, 2)))
    panes = drawn({"a": algorithm(("units", heat), ("own", lines(1))), "b": algorithm(("units", heat))})
    assert list(panes) == ["a: units", "b: units", "own"] and panes["own"]["curves"][0]["name"] == "loss"


def test_the_first_panes_of_all_variants_come_before_their_second_ones():
    panes = drawn({"a": algorithm(("a", lines(1)), ("x", lines(2))), "b": algorithm(("b", lines(1)), ("x", lines(2)))})
    assert list(panes) == ["a", "b", "x"]


def test_panes_are_chosen_and_ordered():
    each = {name: algorithm(("x", lines(1)), ("y", lines(2)), ("z", lines(3))) for name in ("a", "b")}
    assert list(drawn(each, panes=["z", "x", "not yet"])) == ["z", "x"]
