"""What a list of runs says of one: in words and numbers of few characters, for the command line and the app alike."""

from collections.abc import Mapping, Sequence

from dltui.render.cells import cell_width, cut
from dltui.render.number import measured, number, spoken
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.run import State

VALUES = 3  # of a summary, where nothing else says how many


def key_values(state: State, most: int = VALUES) -> list[tuple[str, float]]:
    """The values of a summary that tell most: those that are claimed, else the first; side curves stand last."""
    claimed = [item["name"] for item in state.expect if item["name"] in state.summary]
    others = [name for name in state.summary if not name.endswith((".first", ".min", ".max"))]
    return [(name, state.summary[name]) for name in (claimed or others)[:most]]


def values_text(values: Sequence[tuple[str, float]], room: int | None = None) -> str:
    """Returns e.g. "accuracy 0.981, loss 0.0512": as many as have room; of the last one the name is cut, never the
    number."""
    texts = [f"{name} {number(value)}" for name, value in values]
    for kept in range(len(texts), 0, -1):
        line = ", ".join(texts[:kept])
        if room is None or cell_width(line) <= room:
            return line
    if not values:
        return ""
    (name, value), *_ = values
    return f"{cut(name, max(2, room - len(number(value)) - 1), TerminalCapabilities())} {number(value)}"


def listed(values: Mapping[str, float]) -> str:
    """Returns some values in that form."""
    return ", ".join(f"{name} {number(value)}" for name, value in values.items())


def status_text(state: State) -> str:
    """Returns e.g. "done, claim met"."""
    return state.status + {True: ", claim met", False: ", claim not met", None: ""}[state.claim_met]


def status_short(state: State) -> str:
    """Returns e.g. "met 3/3", how many claims of how many: where they were judged, the run is done."""
    met = sum(item["ok"] for item in state.expect)
    return f"met {met}/{len(state.expect)}" if state.expect else state.status


def steps_text(state: State) -> str:
    """Returns e.g. "1200/3000"."""
    return f"{state.step}/{state.steps}" if state.steps else str(state.step)


def age(seconds: float) -> str:
    """Returns how long ago: 40 s, 5 min, 3 h, 12 d."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{max(0, int(seconds))} s"


def summary_rows(states: list[State]) -> list[tuple[str, ...]]:
    """Returns (what, a text a run): status, claim, steps, time, then every value that one of their summaries has."""
    met = {True: "met", False: "not met", None: ""}
    rows = [
        ("status", *(state.status for state in states)),
        ("claim", *(met[state.claim_met] for state in states)),
        ("steps", *map(steps_text, states)),
        ("time", *(spoken(state.seconds) for state in states)),
    ]
    for name in dict.fromkeys(name for state in states for name in state.summary):
        written = measured(state.summary[name] for state in states if name in state.summary)
        rows.append((name, *(written(state.summary[name]) if name in state.summary else "" for state in states)))
    return rows
