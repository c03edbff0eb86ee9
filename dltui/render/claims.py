"""What a recipe promised and how it stands: while the run goes by the latest values, at its end as it was judged."""

import math

import numpy as np
from rich.segment import Segment
from rich.style import Style

from dltui.recipes.claims import STATISTICS, Claim
from dltui.recipes.recipe import Recipe
from dltui.render import palette
from dltui.render.cells import FAINT, Line, fit, shown
from dltui.render.legend import Entry, legend
from dltui.render.number import number
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import Curve, History

INDENT = 2


def judged(history: History, recipe: Recipe) -> list[dict]:
    """Returns [{name, want, got, ok}] for the claims that hold on the run's data; got is None while unknown."""
    if history.finished:
        return list(history.finished["expect"])
    if not history.started:
        return []
    claims = recipe.claims_for((history.started.get("data") or {}).get("from", ""))
    return [_judged(history, one) for one in claims]


def _judged(history: History, one: Claim) -> dict:
    names = [name for name in (one.name, one.other) if name]
    known = {name: value for name in names if (value := _value(history, name)) is not None}
    result = one.judged(known)
    return result if all(name in known for name in names) else result | {"want": one.want, "ok": False}


def _value(history: History, name: str) -> float | None:
    """The value that a claim names: `[variant.]metric[.first|.min|.max]`."""
    stem, _, statistic = name.rpartition(".")
    if statistic not in STATISTICS:
        stem, statistic = name, "last"
    for series, metric in ((stem.rpartition(".")[0], stem.rpartition(".")[2]), ("", stem)):
        curve = history.curves.get((series, metric))
        if curve and len(curve.values):
            return _statistic(curve, statistic)
    return None


def _statistic(curve: Curve, statistic: str) -> float:
    if statistic in ("min", "max"):
        return float(np.fmin.reduce(curve.lows) if statistic == "min" else np.fmax.reduce(curve.highs))
    return curve.values[0 if statistic == "first" else -1]


def line(found: list[dict], width: int, look: TerminalCapabilities) -> Line:
    """The claims on one line, e.g. "claim  accuracy >= 0.95: 0.931"; what is met is green."""
    parts: Line = [Segment("claim", FAINT)]
    for one in found:
        got = one["got"]
        met = palette.ink(palette.GOOD, look, bold=True) if one["ok"] else palette.ink(palette.WARNING, look, bold=True)
        value = "?" if got is None else number(got)
        parts += [Segment("  "), Segment(f"{shown(one['name'])} {shown(one['want'])}"), Segment("  now ", FAINT)]
        parts.append(Segment(value + (_sign(one["ok"], look)), met))
    return fit(parts, width)


def _sign(ok: bool, look: TerminalCapabilities) -> str:
    if look.unicode:
        return " ✓" if ok else ""
    return " ok" if ok else ""


def lines(found: list[dict], width: int, look: TerminalCapabilities) -> list[Line]:
    """One claim a line, with "met" or "not met"."""
    drawn = []
    for one in found:
        got = one["got"]
        value = "never measured" if got is None or math.isnan(float(got)) else number(got)
        word = (
            ("✓ met    " if look.unicode else "met    ") if one["ok"] else ("✗ not met" if look.unicode else "NOT MET")
        )
        style = palette.ink(palette.GOOD if one["ok"] else palette.BAD, look, bold=True)
        drawn.append(
            fit(
                [
                    Segment(" " * INDENT),
                    Segment(word, style),
                    Segment(f"  {shown(one['name'])} {shown(one['want'])}", Style(bold=True)),
                    Segment(f"  got {value}"),
                ],
                width,
            )
        )
    return drawn


def brief(found: list[dict], width: int, most: int, look: TerminalCapabilities) -> list[Line]:
    """At most `most` lines: one claim a line where all have room, else names and values of those met, side by side.

    What is not met keeps a line of its own and comes first; those without a place are counted at the end.
    """
    if len(found) <= most:
        return lines(found, width, look)
    met = [one for one in found if one["ok"]]
    missed = lines([one for one in found if not one["ok"]], width, look)[: most - bool(met)]
    good, sign = palette.ink(palette.GOOD, look, bold=True), "✓" if look.unicode else "met"
    entries = [Entry(sign, good, f"{one['name']} {number(one['got'])}") for one in met]
    beside = legend(entries, width - INDENT, most - len(missed), look) if met else []
    return [*missed, *([Segment(" " * INDENT), *line] for line in beside)]
