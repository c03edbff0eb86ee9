"""Claims: what a recipe says its run will reach, e.g. `accuracy = ">= 0.95"` or `fid = "<= 0.25 * fid.first"`.

A claim compares a summary value with a number, with another summary value, or with a multiple of one, plus or minus
a number: `OP NUMBER`, `OP NAME`, `OP NUMBER * NAME`, `OP NAME + NUMBER`. With variants a name is `variant.metric`;
`.first`, `.min` and `.max` of a metric are values too.
"""

import math
import operator
import re
from collections.abc import Mapping
from typing import NamedTuple

OPERATORS = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt, "==": operator.eq}
STATISTICS = ("first", "min", "max")
_NUMBER = r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
_CLAIM = re.compile(
    rf"(?P<op><=|>=|==|<|>)\s*(?:(?P<number>{_NUMBER})|(?:(?P<factor>{_NUMBER})\s*\*\s*)?"
    rf"(?P<name>[A-Za-z][\w.-]*)(?:\s*(?P<sign>[-+])\s*(?P<offset>\d+(?:\.\d+)?))?)\s*"
)


class Claim(NamedTuple):
    """`name op factor * other + offset`; without `other` the right side is `offset`."""

    name: str
    want: str
    op: str
    factor: float
    other: str
    offset: float

    def judged(self, summary: Mapping[str, float]) -> dict:
        """Returns {name, want, got, ok} as the `finished` event holds it. A missing or NaN value is not ok."""
        got, right = summary.get(self.name), self.offset
        if self.other:
            right += self.factor * summary.get(self.other, math.nan)
        ok = got is not None and OPERATORS[self.op](got, right)
        want = f"{self.want} = {right:.4g}" if self.other else self.want
        return {"name": self.name, "want": want, "got": got, "ok": bool(ok)}


def parse(name: str, want: object) -> Claim:
    """Returns the claim `name = want` of a recipe. Raises ValueError, in words, where it is not of the form."""
    if isinstance(want, int | float) and not isinstance(want, bool):
        want = f"== {want}"
    match = _CLAIM.fullmatch(want.strip()) if isinstance(want, str) else None
    numbers = [float(match[part] or 0) for part in ("number", "factor", "offset")] if match else []
    if not match or math.inf in map(abs, numbers):
        raise ValueError(f'must be like ">= 0.95" or "<= 0.5 * loss.first", not {want!r}')
    if match["number"]:
        return Claim(name, want.strip(), match["op"], 1.0, "", float(match["number"]))
    offset = float((match["sign"] or "+") + (match["offset"] or "0"))
    return Claim(name, want.strip(), match["op"], float(match["factor"] or 1), match["name"], offset)


def metric_of(name: str) -> str:
    """Returns the metric in a claim's name: "fid" of "adam.fid.first", "accuracy" of "accuracy"."""
    parts = name.split(".")
    if len(parts) > 1 and parts[-1] in STATISTICS:
        parts.pop()
    return parts[-1]
