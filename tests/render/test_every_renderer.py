"""Whatever a payload holds and however small the place, a picture has the size it was asked for and no escapes."""

import re
from importlib import import_module

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.payloads import PAYLOADS

from .conftest import plain, widths
from .examples import EXAMPLES

HARMFUL = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]")
hostile = st.sampled_from(
    [
        "[/red]",
        "[bold]x",
        "\x1b[2J",
        "\x1b]52;c;aGk=\x07",
        "a\nb",
        "日本語テスト",
        "e\u0301\u0301",
        "👩‍👩‍👧",
        "\u202eabc",
        "\u0301",
        "",
        " ",
        "x" * 200,
        "ﷺ",
        "❤️",
        "\ud800",
        "0",
    ]
) | st.text(max_size=8)
labels = st.lists(hostile, max_size=6)
number = st.floats(-1e12, 1e12) | st.sampled_from([float("nan"), float("inf"), -float("inf"), 0.0])
numbers = st.lists(number, max_size=12)
sizes = st.tuples(st.integers(1, 120), st.integers(1, 50))
looks = st.builds(TerminalCapabilities, st.booleans(), st.sampled_from(["true", "256", "16", "none"]), st.booleans())


def grid(values: st.SearchStrategy) -> st.SearchStrategy:
    shape = st.tuples(st.integers(1, 7), st.integers(1, 7))
    return shape.flatmap(
        lambda shape: st.lists(values, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]).map(
            lambda flat: np.array(flat, float).reshape(shape)
        )
    )


pictures = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 30), st.integers(1, 30), st.booleans()).map(
    lambda s: {
        "pixels": (np.arange(s[0] * s[2] * s[1] * s[3] * (3 if s[4] else 1)) % 256).astype(np.uint8).reshape(
            (s[0] * s[2], s[1] * s[3], 3) if s[4] else (s[0] * s[2], s[1] * s[3])
        ),
        "rows": s[0],
        "columns": s[1],
    }
)  # fmt: skip
points = st.fixed_dictionaries({"x": numbers, "y": numbers}).map(
    lambda p: {"x": p["x"][: len(p["y"])], "y": p["y"][: len(p["x"])], "label": list(range(min(map(len, p.values()))))}
)


def stairs(count: int) -> list[list[int]]:
    """`count` merges of a tree in which every leaf joins all before it."""
    return [[row + 1, count + row if row else 0] for row in range(count)]


edges = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=2)
PAYLOAD = {
    "image": st.builds(lambda p, c, t: p | {"captions": c, "title": t}, pictures, labels, hostile),
    "boxes": st.builds(
        lambda p, b, a, m, c, t: (
            p | {"boxes": b, "points": a, "masks": np.resize(m, p["pixels"].shape[:2]), "classes": c, "title": t}
        ),
        pictures,
        st.lists(
            st.fixed_dictionaries(
                {"cell": st.integers(-1, 17), "box": st.lists(number, min_size=4, max_size=4)},
                optional={"label": hostile, "colour": st.integers(-1, 30), "dashed": st.booleans()},
            ),
            max_size=5,
        ),
        st.lists(
            st.fixed_dictionaries(
                {"cell": st.integers(-1, 17), "at": st.lists(number, min_size=2, max_size=2)},
                optional={"colour": st.integers(-1, 30), "hollow": st.booleans()},
            ),
            max_size=5,
        ),
        st.lists(st.integers(-1, 12), min_size=1, max_size=9),
        labels,
        hostile,
    ),
    "matrix": st.fixed_dictionaries(
        {"values": grid(number), "rows": labels, "columns": labels, "row_title": hostile, "column_title": hostile}
    ),
    "field": st.fixed_dictionaries(
        {"values": grid(number), "x": edges, "y": edges, "points": points, "classes": labels}
    ),
    "lines": st.fixed_dictionaries(
        {
            "curves": st.lists(st.fixed_dictionaries({"name": hostile, "x": numbers, "y": numbers}), max_size=4),
            "x_title": hostile,
            "y_title": hostile,
            "log_x": st.booleans(),
            "log_y": st.booleans(),
        }
    ),
    "bars": st.fixed_dictionaries({"labels": labels, "values": numbers, "title": hostile}),
    "scatter": st.builds(
        lambda p, c, t, m, b: p | {"classes": c, "x_title": t, "y_title": t, "marks": m, "paths": [m], "behind": b},
        points,
        labels,
        hostile,
        points,
        st.dictionaries(hostile, hostile, max_size=2),
    ),
    "heat": st.fixed_dictionaries({"values": grid(number), "x_title": hostile, "y_title": hostile}),
    "spectrogram": st.fixed_dictionaries(
        {
            "values": grid(number),
            "hz": edges,
            "seconds": edges,
            "db": edges,
            "scale": st.sampled_from(["linear", "mel"]) | hostile,
            "title": hostile,
            "sound": hostile,
        }
    ),
    "table": st.fixed_dictionaries(
        {"columns": labels, "rows": st.lists(st.lists(hostile | number, max_size=6), max_size=9)}
    ),
    "contour": st.fixed_dictionaries(
        {
            "values": grid(number),
            "x": edges,
            "y": edges,
            "names": labels,
            "trail_x": grid(number) | st.just([]),
            "trail_y": grid(number) | st.just([]),
            "marks": points | st.none(),
        }
    ),
    "grids": st.fixed_dictionaries(
        {
            "grids": st.lists(
                st.fixed_dictionaries(
                    {
                        "values": grid(number),
                        "title": hostile,
                        "lit": st.lists(st.tuples(st.integers(-2, 9), st.integers(-2, 9)), max_size=5),
                        "now": st.lists(st.tuples(st.integers(-2, 9), st.integers(-2, 9)), max_size=2),
                        "edge": st.integers(-1, 4),
                        "digits": st.integers(-1, 9),
                    }
                ),
                max_size=4,
            ),
            "signs": labels,
            "title": hostile,
            "caption": hostile,
        }
    ),
    "spans": st.fixed_dictionaries(
        {"parts": labels | st.lists(hostile, max_size=40), "classes": labels, "title": hostile, "unit": hostile},
        optional={
            "values": numbers,
            "label": st.lists(st.integers(-2, 30), max_size=20),
            "limits": edges,
            "marked": st.lists(st.integers(-3, 50), max_size=5),
            "mark": hostile,
        },
    ),
    "alignment": st.fixed_dictionaries(
        {
            "weights": grid(number),
            "rows": labels,
            "columns": labels,
            "row_title": hostile,
            "column_title": hostile,
            "title": hostile,
        }
    ),
    "graph": st.fixed_dictionaries(
        {
            "nodes": st.lists(st.fixed_dictionaries({"label": hostile, "lit": st.booleans()}), max_size=7),
            "edges": st.lists(
                st.fixed_dictionaries(
                    {
                        "source": st.integers(-1, 7) | st.none(),
                        "target": st.integers(-1, 7) | st.none(),
                        "above": number | st.none(),
                        "below": number | st.none(),
                    }
                ),
                max_size=12,
            ),
            "above": hostile,
            "below": hostile,
            "title": hostile,
            "caption": hostile,
        }
    ),
    "ranks": st.fixed_dictionaries(
        {
            "columns": labels,
            "orders": st.lists(labels, max_size=7),
            "groups": st.dictionaries(hostile, st.integers(0, 30), max_size=4),
            "cut": st.integers(-1, 7),
        }
    ),
    "tree": st.builds(
        lambda heights, rest: {"merges": stairs(len(heights)), "heights": heights} | rest,
        numbers,
        st.fixed_dictionaries(
            {
                "shown": st.lists(st.integers(-2, 14), min_size=2, max_size=2),
                "leaves": labels,
                "label": st.lists(st.integers(-3, 1200)),
                "y_title": hostile,
                "cut": number,
            }
        ),
    ),
    "text": st.fixed_dictionaries({"text": st.lists(hostile, max_size=20).map(" ".join)}),
}


def test_every_payload_type_has_a_renderer_an_example_and_this_test():
    assert set(PAYLOAD) == set(EXAMPLES) == set(PAYLOADS)


@pytest.mark.parametrize("kind", PAYLOADS)
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), size=sizes, look=looks)
def test_exactly_the_size_asked_for_and_nothing_harmful(
    kind: str, data: st.DataObject, size: tuple[int, int], look: TerminalCapabilities
):
    payload = data.draw(PAYLOAD[kind])
    with np.errstate(all="ignore"):
        lines = import_module(f"dltui.render.{kind}").render(payload, *size, look)
    check(lines, size, look)


@pytest.mark.parametrize("look", [TerminalCapabilities(), TerminalCapabilities(False, "none")], ids=["best", "poorest"])
@pytest.mark.parametrize("kind", PAYLOADS)
def test_every_size(kind: str, look: TerminalCapabilities):
    """From one cell up: each size in turn, so that no threshold between two layouts is passed over."""
    render = import_module(f"dltui.render.{kind}").render
    for width in (*range(1, 40), 60, 80, 119, 120):
        for height in (*range(1, 20), 24, 50):
            check(render(EXAMPLES[kind], width, height, look), (width, height), look)


def check(lines: list, size: tuple[int, int], look: TerminalCapabilities) -> None:
    assert len(lines) == size[1]
    assert widths(lines) == {size[0]}
    text = "".join(plain(lines))
    assert not HARMFUL.search(text)
    if look.colours == "none":
        assert not any(s.style and (s.style.color or s.style.bgcolor) for line in lines for s in line)
