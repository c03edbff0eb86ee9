"""A run on one line of plain text, for when standard error is no terminal."""

from dltui.render import pace
from dltui.render.metrics import UNKNOWN, most_frequent_first
from dltui.render.number import rate, spoken, writer
from dltui.runs.history import History
from dltui.text import clean_line

MOST = 6  # metrics on the line


def progress_line(history: History, now: float | None = None) -> str:
    """Returns e.g. 'step 1200/3000  loss 0.123  accuracy 0.951  312 steps/s  6 s left'; what is unknown is left out."""
    if history.started is None:
        return clean_line(history.notes[-1]["text"]) if history.notes else "starting"
    parts = [f"step {history.step}/{history.steps}"]
    for series, metric in most_frequent_first(history.curves, history.declared)[:MOST]:
        name = f"{series}.{metric}" if series else metric
        written = writer(history.declared.get(metric, UNKNOWN))
        parts.append(f"{clean_line(name)} {written(history.curves[series, metric].values[-1])}")
    if history.finished:
        return "  ".join([*parts, f"{history.finished['status']} after {spoken(history.finished['seconds'])}"])
    if history.paused:
        return "  ".join([*parts, "paused"])
    speed = pace.of(history, now)
    if speed.rate:
        parts.append(f"{rate(speed.rate)} steps/s")
    if speed.left is not None:
        parts.append(f"{spoken(speed.left)} left")
    return "  ".join(parts)
