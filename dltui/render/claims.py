"""What a recipe promised and how it stands: while the run goes by the latest values, at its end as it was judged."""

import math
from collections.abc import Mapping

import numpy as np
from rich.segment import Segment
from rich.style import Style

from dltui.recipes.claims import STATISTICS, Claim, metric_of
from dltui.recipes.metric import Metric
from dltui.recipes.recipe import Recipe
from dltui.render import palette
from dltui.render.cells import FAINT, Line, cell_width, cut, fit, shown
from dltui.render.legend import Entry, legend
from dltui.render.metrics import UNKNOWN
from dltui.render.number import writer
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.history import Curve, History

INDENT = 2
NEVER = "never measured"
HEAD = len("claim")


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


def line(found: list[dict], declared: Mapping[str, Metric], width: int, look: TerminalCapabilities) -> Line:
    """The claims on one line, e.g. "claim  accuracy >= 0.95  now 0.931"; what is met is green.

    Where not all have room, what is not met comes first, and those without a place are counted.
    """
    entries = [_now(one, declared, look, short=False) for one in found]
    if _width(entries) > width - HEAD:
        ordered = sorted(found, key=lambda one: one["ok"])
        entries = [_now(one, declared, look, short=True) for one in ordered]
    kept, rest = entries, ""
    while kept and _width(kept) + len(rest) > width - HEAD:
        kept = kept[:-1]
        rest = f"  +{len(entries) - len(kept)}"
    if not kept:
        kept, rest = entries[:1], ""
    return fit([Segment("claim", FAINT), *(part for entry in kept for part in entry), Segment(rest, FAINT)], width)


def _now(one: dict, declared: Mapping[str, Metric], look: TerminalCapabilities, *, short: bool) -> Line:
    colour = palette.GOOD if one["ok"] else palette.WARNING
    value = "?" if one["got"] is None else got(one, declared)
    sign = (" ✓" if look.unicode else " ok") if one["ok"] else ""
    return [
        Segment(f"  {shown(one['name'])} {bound(one, short=short)}"),
        Segment("  now ", FAINT),
        Segment(value + sign, palette.ink(colour, look, bold=True)),
    ]


def _width(entries: list[Line]) -> int:
    return sum(cell_width(part.text) for entry in entries for part in entry)


def bound(one: dict, *, short: bool) -> str:
    """Returns what a claim asks for: "<= 0.5 * loss.first = 0.11", in brief "<= 0.11"."""
    want = shown(one["want"])
    return f"{want.partition(' ')[0]} {want.rpartition(' = ')[2]}" if short and " = " in want else want


def got(one: dict, declared: Mapping[str, Metric]) -> str:
    """Returns the value that a claim was judged by, a count without places."""
    value = one["got"]
    if value is None or math.isnan(float(value)):
        return NEVER
    return writer(declared.get(metric_of(one["name"]), UNKNOWN))(float(value))


def phrase(one: dict, declared: Mapping[str, Metric]) -> str:
    """Returns a claim and what was reached, in few words: "accuracy 0.829, not >= 0.985"."""
    return f"{shown(one['name'])} {got(one, declared)}{' ' if one['ok'] else ', not '}{bound(one, short=True)}"


def mark(ok: bool, look: TerminalCapabilities) -> Segment:
    """Returns the sign of a claim that is met or not met, in its colour."""
    text = ("✓" if ok else "✗") if look.unicode else ("met" if ok else "NOT MET")
    return Segment(text, palette.ink(palette.GOOD if ok else palette.BAD, look, bold=True))


def lines(found: list[dict], declared: Mapping[str, Metric], width: int, look: TerminalCapabilities) -> list[Line]:
    """One claim a line, with "met" or "not met"; where it is too long the value that was got stays."""
    drawn = []
    for one in found:
        word = (
            ("✓ met    " if look.unicode else "met    ") if one["ok"] else ("✗ not met" if look.unicode else "NOT MET")
        )
        style = palette.ink(palette.GOOD if one["ok"] else palette.BAD, look, bold=True)
        value = f"  got {got(one, declared)}"
        room = max(0, width - INDENT - cell_width(word) - 2 - cell_width(value))
        name = shown(one["name"])
        text = next(
            (text for short in (False, True) if cell_width(text := f"{name} {bound(one, short=short)}") <= room),
            f"{cut(name, max(1, room - 1 - cell_width(bound(one, short=True))), look)} {bound(one, short=True)}",
        )
        drawn.append(
            fit(
                [
                    Segment(" " * INDENT),
                    Segment(word, style),
                    Segment(f"  {text}", Style(bold=True)),
                    Segment(value),
                ],
                width,
            )
        )
    return drawn


def brief(
    found: list[dict], declared: Mapping[str, Metric], width: int, most: int, look: TerminalCapabilities
) -> list[Line]:
    """At most `most` lines: one claim a line where all have room, else names and values of those met, side by side.

    What is not met keeps a line of its own and comes first; those without a place are counted at the end.
    """
    if len(found) <= most:
        return lines(found, declared, width, look)
    met = [one for one in found if one["ok"]]
    missed = lines([one for one in found if not one["ok"]], declared, width, look)[: most - bool(met)]
    good, sign = palette.ink(palette.GOOD, look, bold=True), "✓" if look.unicode else "met"
    entries = [Entry(sign, good, f"{one['name']} {got(one, declared)}") for one in met]
    beside = legend(entries, width - INDENT, most - len(missed), look) if met else []
    return [*missed, *([Segment(" " * INDENT), *line] for line in beside)]
