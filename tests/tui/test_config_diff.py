"""Runs side by side: how wide the columns are, which runs have room, and how it looks."""

import pytest

from dltui.render.cells import cell_width
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.tui.comparison import Row
from dltui.tui.widgets import config_diff
from dltui.tui.widgets.config_diff import ConfigDiff
from tests.tui.conftest import holding

ROWS = [
    Row("status", ("done", "running", "failed")),
    Row("accuracy", ("0.981", "", "0.412"), best=frozenset({0})),
    Row(""),
    Row("configured differently"),
    Row("optimizer.lr", ("0.001", "0.01", "0.5"), lit=True),
    Row("model.hidden", ("[64, 64]", "[64, 64]", ""), lit=True),
    Row(""),
    Row("configured alike"),
    Row("data.kind", ("mnist",)),
    Row("a.key.whose.name.is.rather.long.for.its.column", ("a value that is longer than a column is wide",)),
]
NAMES = ["e3ed", "9a40", "lenet-mnist-417c"]


@pytest.mark.parametrize("width", range(12, 200, 9))
@pytest.mark.parametrize("count", [1, 2, 3, 30])
def test_no_line_is_wider_than_there_is_room(width, count):
    names = [f"a-long-name-{number:04}" for number in range(count)]
    rows = [Row("optimizer.lr", ("0.001",) * count, lit=True), Row("data.kind", ("words " * 9,)), Row("configured")]
    key, size, columns = config_diff.measured(names, rows, width)
    assert 1 <= columns <= count and size >= 1
    seen = range(columns)
    lines = [config_diff.line(row, seen, key, size, TerminalCapabilities()) for row in rows]
    lines.append(config_diff.head("", names, [0] * count, seen, key, size, TerminalCapabilities()))
    assert max(sum(cell_width(text) for text, _ in line) for line in lines) <= width


def test_all_runs_are_seen_where_they_have_room():
    assert config_diff.measured(["a"] * 5, [Row("lr", ("0.1",) * 5)], 80)[2] == 5
    assert config_diff.measured(["a"] * 50, [Row("lr", ("0.1",) * 50)], 80)[2] < 50


def test_the_head_counts_what_has_no_room_and_keeps_the_ends_of_names():
    head = config_diff.head(
        "mlp", ["mlp-moons-aaaa", "b", "c", "d"], [0, 1, 2, 3], range(0, 2), 16, 10, TerminalCapabilities()
    )
    assert head == [
        ("→ 2 more" + " " * 8, "lit"), ("  ", ""), ("…oons-aaaa", "series 0"), ("  ", ""), (" " * 9 + "b", "series 1"),
    ]  # fmt: skip
    assert config_diff.head("mlp", ["a"], [3], range(1), 8, 2, TerminalCapabilities())[0] == ("mlp     ", "heading")


async def test_it_looks_as_it_was_looked_at(case, golden):
    table = ConfigDiff()
    async with holding(table, case.look, (case.width, case.height)) as pilot:
        table.show("mlp-mnist", NAMES, [0, 1, 3], ROWS)
        await pilot.pause()
        golden("config-diff", pilot)
