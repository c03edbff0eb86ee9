"""The columns of the list of runs: what stands in them, how wide they are, how they sort."""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import NamedTuple

from dltui.recipes.overrides import written
from dltui.render.cells import cell_width, cut, shown
from dltui.render.number import clock, count, number
from dltui.render.run_cells import age, key_values
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs import filter as filters
from dltui.runs.facts import RunFacts

STATUSES = ("running", "paused", "starting", "done", "stopped", "diverged", "failed", "lost")
RANKS = {status: rank for rank, status in enumerate(STATUSES)}
UNREAD = "..."
SIGNS = 3  # cells of the mark and of the sign before the name
NAME, VALUE, WIDEST_VALUE = 12, 8, 46  # cells: at least, at least, at most
WHOLE_NAMES = 76  # columns from which on a name is whole, and the values give way
AT = {"status": 42, "age": 42, "steps": 60, "time": 70, "changed": 100}  # widths from which there is a column


class Column(NamedTuple):
    """One column. `down`: its greatest come first where it is chosen to sort by."""

    name: str
    title: str
    width: int  # with the gap after it; 0: what is left
    right: bool = False
    down: bool = False


class Kept(NamedTuple):
    """What the cells depend on besides the run. value: the metric that is shown, '' for what tells most of each run."""

    now: float
    value: str


COLUMNS = (
    Column("run", "RUN", 0),
    Column("status", "STATUS", 9),
    Column("steps", "STEPS", 9, right=True, down=True),
    Column("value", "VALUES", 0, down=True),
    Column("time", "TIME", 9, right=True, down=True),
    Column("age", "AGE", 8, right=True),
    Column("changed", "CHANGED", 0),
)


def laid_out(width: int, longest: int) -> dict[str, int]:
    """Returns name -> cells of the columns that have room in `width`; longest: cells of the longest name."""
    fixed = {column.name: column.width for column in COLUMNS if column.width and width >= AT[column.name]}
    left = width - SIGNS - sum(fixed.values())
    room = left - VALUE if width >= WHOLE_NAMES else left // 2
    name = max(min(longest + 2, room), min(NAME, left))
    value = left - name
    changed = 0
    if width >= AT["changed"]:
        value = min(WIDEST_VALUE, (left - name) * 2 // 5)
        changed = left - name - value
    found = {**fixed, "run": name, "value": value, "changed": changed}
    return {column.name: found[column.name] for column in COLUMNS if found.get(column.name, 0) > 0}


def text(name: str, facts: RunFacts, kept: Kept, cells: int, look: TerminalCapabilities) -> str:
    """Returns what stands in a column of `cells` cells, cut to them."""
    if name == "value":
        return _values(facts, kept, cells, look) if facts.is_read else ""
    return cut(_word(name, facts, kept), cells, look)


def _word(name: str, facts: RunFacts, kept: Kept) -> str:
    if name == "run":
        return shown(facts.called)
    if name == "age":
        return age(kept.now - facts.created)
    if not facts.is_read:
        return UNREAD if name == "status" else ""
    state = facts.state
    if name == "steps":
        return count(state.step) if state.step >= state.steps else f"{100 * state.step // state.steps} %"
    return {"status": state.status, "time": clock(state.seconds), "changed": changes(facts)}[name]


def changes(facts: RunFacts) -> str:
    """Returns what was changed for a run, on one line; '' where nothing was."""
    return shown(", ".join(written(key, value) for key, value in facts.overrides.items()))


def _values(facts: RunFacts, kept: Kept, cells: int, look: TerminalCapabilities) -> str:
    """As many values as have room, the first in any case: of a long name the number stays."""
    if kept.value:
        return _variants(facts, kept.value, cells, look)
    parts: list[str] = []
    for name, value in key_values(facts.state, 5):
        told = number(value)
        part = f"{cut(shown(name), max(1, cells - len(told) - 1), look)} {told}"
        if parts and cell_width("  ".join([*parts, part])) > cells:
            break
        parts.append(part)
    return "  ".join(parts)


def _variants(facts: RunFacts, metric: str, cells: int, look: TerminalCapabilities) -> str:
    """One metric of every variant, with their names if these have room."""
    ending = f".{metric}"
    found = {name.removesuffix(ending): value for name, value in facts.numbers.items() if name.endswith(ending)}
    named = "  ".join(f"{shown(name)} {number(value)}" for name, value in found.items())
    if found and cell_width(named) <= cells:
        return named
    return cut("  ".join(map(number, filters.values_of(facts.numbers, metric))), cells, look)


def kind(facts: RunFacts) -> str:
    """Returns how a run stands, in one of: unread, live, met, missed, failed, ran."""
    if not facts.is_read:
        return "unread"
    state = facts.state
    if facts.live:
        return "live"
    if state.status in ("failed", "diverged", "lost"):
        return "failed"
    return {True: "met", False: "missed", None: "ran"}[state.claim_met]


# -- order -------------------------------------------------------------------------------------------------------------


def ordered(found: Iterable[RunFacts], by: str, down: bool, value: str) -> list[RunFacts]:
    """Returns the runs, given the newest first, sorted by a column: pinned ones first, then live ones; those without a
    value last."""
    groups: dict[int, list[RunFacts]] = {0: [], 1: [], 2: []}
    for facts in found:
        groups[0 if facts.pinned else 1 if facts.live else 2].append(facts)
    return [facts for group in groups.values() for facts in _sorted(group, by, down, value)]


def _sorted(found: list[RunFacts], by: str, down: bool, value: str) -> list[RunFacts]:
    if by == "age":
        return found[::-1] if down else found
    key = _key(by, down, value)
    keyed = [(key(facts), facts) for facts in found]
    with_key = sorted((pair for pair in keyed if pair[0] is not None), key=itemgetter(0), reverse=down)
    return [facts for _, facts in with_key] + [facts for key, facts in keyed if key is None]


def _key(by: str, down: bool, value: str) -> Callable[[RunFacts], object]:
    """What a column sorts by; None of a run that has nothing there."""
    if by == "run":
        return lambda facts: facts.called

    def of_value(facts: RunFacts) -> float | None:
        values = filters.values_of(facts.numbers, value) if value else [v for _, v in key_values(facts.state, 1)]
        values = [one for one in values if one == one]  # NaN has no place
        return (max if down else min)(values) if values else None

    of_read: dict[str, Callable[[RunFacts], object]] = {
        "status": lambda facts: (RANKS.get(facts.status, len(RANKS)), facts.claim),
        "steps": lambda facts: facts.state.step,
        "time": lambda facts: facts.state.seconds,
        "value": of_value,
        "changed": lambda facts: changes(facts) or None,
    }
    return lambda facts: of_read[by](facts) if facts.is_read else None


def down_first(by: str, value: str, better: str) -> bool:
    """Whether a column that is chosen to sort by begins with its greatest; of a value what is better comes first."""
    if by == "value" and value:
        return better == "higher"
    return next(column.down for column in COLUMNS if column.name == by)
