"""Which runs are listed, in what order, and which of their values is shown."""

from collections.abc import Sequence

from dltui.runs import compare
from dltui.runs import filter as filters
from dltui.runs.facts import RunFacts
from dltui.runs.filter import Filter
from dltui.tui import run_columns
from dltui.tui.run_columns import COLUMNS
from dltui.tui.run_index import RunIndex
from dltui.tui.settings import Settings


class RunListing:
    """An index as a person looks at it; the order and the value are remembered in the settings."""

    def __init__(self, index: RunIndex):
        self.index = index
        self.wanted = Filter()
        self.by, self.down, self.value = "age", False, ""

    def recall(self, settings: Settings) -> None:
        """Takes up what was chosen the last time."""
        self._settings = settings
        by = settings.get("runs.sort", self.by)
        if by in [column.name for column in COLUMNS]:
            self.by, self.down = by, settings.get("runs.down", self.down)
        self.value = settings.get("runs.value", "")

    def rows(self) -> list[RunFacts]:
        """The runs that fit the filter, in order."""
        found = list(self.index.facts.values())
        if self.wanted.parts:
            found = [facts for facts in found if facts.is_read]
        for part in self.wanted.parts:  # one after the other: the first leaves little to the next
            found = [facts for facts in found if part.holds(facts)]
        return run_columns.ordered(found, self.by, self.down, self.shown_value)

    def counted(self, listed: int, marked: int) -> str:
        """Returns e.g. "2 marked  40 of 10,000 runs  reading 9,000"."""
        total, left = len(self.index.facts), self.index.left
        shown = f"{listed:,} of {total:,}" if listed != total else f"{total:,}"
        words = [f"{marked} marked  " if marked else "", f"{shown} run{'s' if total != 1 else ''}"]
        return "".join([*words, f"  reading {left:,}" if left else ""])

    @property
    def shown_value(self) -> str:
        """The metric that the runs are shown with: the one that was chosen, else the first that the filter names."""
        named = [name for name in self.wanted.metrics if name not in filters.ALWAYS]
        return self.value or next(iter(named), "")

    def sort_by(self, by: str, down: bool | None = None) -> None:
        """Sorts by a column; where it is not told which way round, by what is better or newer first."""
        self.by = by
        if down is None:
            down = run_columns.down_first(by, self.shown_value, self._better())
        self.down = down
        self._settings.set("runs.sort", self.by)
        self._settings.set("runs.down", self.down)

    def _better(self) -> str:
        """Which way the shown value is better, as the newest run that has it tells."""
        value = self.shown_value
        having = (facts for facts in self.index.facts.values() if facts.is_read and value in facts.state.summary)
        newest = max(having, key=lambda facts: facts.created, default=None) if value else None
        return compare.better(newest.run, value) if newest else ""

    def column_after(self, names: Sequence[str]) -> str:
        """Returns the one of `names` that follows the column that the runs are sorted by."""
        at = names.index(self.by) if self.by in names else -1
        return names[(at + 1) % len(names)]

    def show_next_value(self, by: int) -> None:
        """Goes `by` metrics on among those of all runs; the first is none: what tells most of each."""
        names = ["", *(name for name in filters.keys(self.index.names()) if "." not in name)]
        names = [name for name in names if name not in filters.ALWAYS]
        at = names.index(self.value) if self.value in names else 0
        self.value = names[(at + by) % len(names)]
        self._settings.set("runs.value", self.value)
