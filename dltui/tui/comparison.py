"""Several runs that are looked at together: their logs, live or ended, how they stand, what was configured for each."""

import time
from typing import NamedTuple

from dltui.errors import DltuiError
from dltui.recipes.recipe import Recipe
from dltui.render.cells import shown
from dltui.render.number import number
from dltui.render.run_cells import summary_rows
from dltui.runs import compare, recorded_recipe
from dltui.runs import run as runs
from dltui.runs.history import History
from dltui.runs.run import Run, State
from dltui.tui.form import text_of
from dltui.tui.run_watcher import BUDGET, RunWatcher

STATES_EVERY = 1.0  # seconds


class Row(NamedTuple):
    """A line of the table: a heading (no values), or a value a run. lit: they differ. best: places of the best."""

    name: str
    values: tuple[str, ...] = ()
    lit: bool = False
    best: frozenset[int] = frozenset()


class Comparison:
    """What the compare screen shows. `problems`: what could not be read, in words."""

    def __init__(self, found: list[Run]):
        self.runs = found
        self.title, self.names = names_of(found)
        self.watchers = [RunWatcher(run) for run in found]
        self.recipe: Recipe = compare.recipe_over([recorded_recipe.read(run)[0] for run in found])
        self.states: list[State] = []
        self.problems: list[str] = []
        self.configurations = [self._configuration(run) for run in found]
        self._read_states = 0.0

    def _configuration(self, run: Run) -> dict[str, object]:
        try:
            return compare.configuration(run)
        except DltuiError as error:
            self.problems.append(str(error))
            return {}

    @property
    def behind(self) -> bool:
        """Whether more lies in the logs than was read so far."""
        return any(watcher.behind for watcher in self.watchers)

    @property
    def history(self) -> History:
        """The runs laid over each other."""
        return compare.laid_over([watcher.history for watcher in self.watchers], self.names)

    def poll(self) -> bool:
        """Reads what is new, for some 20 ms at most; returns whether there was anything."""
        new = [watcher.poll(BUDGET / len(self.watchers)) for watcher in self.watchers]
        now = time.monotonic()
        if self.states and (now - self._read_states < STATES_EVERY or not self._live()):
            return any(new)
        self._read_states = now
        before, self.states = self.states, [runs.state(run) for run in self.runs]
        return any(new) or before != self.states

    def _live(self) -> bool:
        return any(state.live for state in self.states)

    def colours(self, history: History) -> list[int]:
        """The number of each run's colour among the curves: that of its first variant."""
        series = history.started["series"] if history.started else []
        counts = [len((watcher.history.started or {}).get("series") or [""]) for watcher in self.watchers]
        starts = [sum(counts[:at]) for at in range(len(counts))]
        return [start if start < len(series) else 0 for start in starts]

    def rows(self) -> list[Row]:
        """The table: summaries; what was configured or turned differently; what all have alike."""
        found = [Row(name, tuple(texts), best=self._best(name)) for name, *texts in summary_rows(self.states)]
        side = {key: values for key, values in compare.side_by_side(self.configurations).items()}
        lit = [Row(key, tuple(map(_text, values)), lit=True) for key, values in side.items() if compare.differs(values)]
        alike = [Row(key, (_text(values[0]),)) for key, values in side.items() if not compare.differs(values)]
        turned = self._turned()
        found += [Row(""), Row("configured differently" if lit else "nothing was configured differently"), *lit]
        found += [Row(""), Row("turned while they ran"), *turned] if turned else []
        return found + ([Row(""), Row("configured alike"), *alike] if alike else [])

    def _best(self, name: str) -> frozenset[int]:
        """Which runs reached the best of a metric of which it is known what is better; none where all are alike."""
        declared = [watcher.history.declared.get(name.rpartition(".")[2]) for watcher in self.watchers]
        better = next((metric.better for metric in declared if metric), "")
        wants = {"higher": max, "lower": min}.get(better)
        values = {at: state.summary[name] for at, state in enumerate(self.states) if name in state.summary}
        values = {at: value for at, value in values.items() if value == value}
        told = {at: number(value) for at, value in values.items()}  # what looks alike is alike
        if wants is None or len(set(told.values())) < 2:
            return frozenset()
        best = number(wants(values.values()))
        return frozenset(at for at, text in told.items() if text == best)

    def _turned(self) -> list[Row]:
        """A row a knob: to what it was set, and at which step."""
        of_run = []
        for watcher in self.watchers:
            told: dict[str, list[str]] = {}
            for event in watcher.history.controls:
                if event["op"] == "set":
                    told.setdefault(str(event.get("key")), []).append(f"{event.get('value')} at {event['step']:,}")
            of_run.append(told)
        keys = dict.fromkeys(key for told in of_run for key in told)
        return [Row(shown(key), tuple(shown(", ".join(told.get(key, ()))) for told in of_run), True) for key in keys]


def names_of(found: list[Run]) -> tuple[str, list[str]]:
    """Returns (what all are runs of, a short name for each): of one recipe's runs the last four characters do, or the
    name that was given to one."""
    names = [shown(name) for name in compare.short_names(found)]
    stem = shown(found[0].recipe_name)
    ends = [shown(run.annotations.name) or run.id[-4:] for run in found]
    if all(run.recipe_name == found[0].recipe_name for run in found) and len(set(ends)) == len(ends):
        return stem, ends
    return "", names


def _text(value: object) -> str:
    return shown(text_of(value))
