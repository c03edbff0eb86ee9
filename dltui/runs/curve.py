"""One metric of one series over the steps; of a long run the older points are put together and take little room.

Points that were put together keep their mean, their least and their greatest value: a plot of a few hundred columns
looks as it would with all of them. The first point, and the newest, stay as they were measured.
"""

from array import array
from bisect import bisect_right
from dataclasses import dataclass, field
from math import isfinite, nan

MOST = 1 << 15  # points put together that are kept; then each two become one
RAW = 1 << 15  # points as they were measured, at most
RECENT = 1 << 10  # of them, those that always stay so


@dataclass
class Curve:
    """Points: steps (N,) that do not fall and values (N,); low and high (M,), M <= N, of the M oldest points.

    Each of these but the first stands for `stride` measured ones: at the last of their steps it has their mean, NaN
    where one is not finite.
    """

    steps: array = field(default_factory=lambda: array("q"))
    values: array = field(default_factory=lambda: array("d"))
    low: array = field(default_factory=lambda: array("d"))
    high: array = field(default_factory=lambda: array("d"))
    stride: int = 1

    @property
    def lows(self) -> array:
        """The least finite value that each point stands for, NaN where there is none: (N,)."""
        return self.low + self.values[len(self.low) :] if self.low else self.values

    @property
    def highs(self) -> array:
        """The greatest finite value that each point stands for, NaN where there is none: (N,)."""
        return self.high + self.values[len(self.high) :] if self.high else self.values

    def cut(self, step: int) -> None:
        """Forgets what lies after `step`."""
        keep = bisect_right(self.steps, step)
        for part in (self.steps, self.values, self.low, self.high):
            del part[keep:]

    def pack(self) -> None:
        """Puts the older points together, if there are more than RAW that are as they were measured."""
        if len(self.values) - len(self.low) <= RAW:
            return
        if not self.low:
            self.low, self.high = self.values[:1], self.values[:1]
            self.stride = 2
        if len(self.low) > MOST:
            self._halve()
        self._pack_raw()

    def _halve(self) -> None:
        """Makes one point of each two that were put together."""
        known = len(self.low)
        end = known - (known - 1) % 2  # one without a neighbour goes back among the measured, as their mean
        means = [(one + two) / 2 for one, two in zip(self.values[1:end:2], self.values[2:end:2], strict=True)]
        lows = map(_least, self.low[1:end:2], self.low[2:end:2])
        highs = map(_greatest, self.high[1:end:2], self.high[2:end:2])
        self.steps[1:end] = self.steps[2:end:2]
        self.values[1:end] = array("d", means)
        self.low[1:] = array("d", lows)
        self.high[1:] = array("d", highs)
        self.stride *= 2

    def _pack_raw(self) -> None:
        start, stride = len(self.low), self.stride
        end = start + (len(self.values) - RECENT - start) // stride * stride
        means, lows, highs = array("d"), array("d"), array("d")
        for at in range(start, end, stride):
            part = self.values[at : at + stride]
            total = sum(part)
            if isfinite(total):
                means.append(total / stride)
                lows.append(min(part))
                highs.append(max(part))
            else:
                finite = [value for value in part if isfinite(value)]
                means.append(nan if len(finite) < stride else sum(value / stride for value in finite))
                lows.append(min(finite, default=nan))
                highs.append(max(finite, default=nan))
        self.steps[start:end] = self.steps[start + stride - 1 : end : stride]
        self.values[start:end] = means
        self.low += lows
        self.high += highs


def _least(one: float, two: float) -> float:
    return two if one != one or two < one else one


def _greatest(one: float, two: float) -> float:
    return two if one != one or two > one else one
