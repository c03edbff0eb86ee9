"""Rotary position embedding: a vector is turned by an angle that grows with its place (Su et al. 2021,
arXiv:2104.09864).

q, k (T, d): queries and keys; numbers 2i and 2i + 1 of each are a point of a plane, theta_i (d/2,) its angle a place.
"""

import math
from collections.abc import Callable
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payload_parts import Path
from dltui.runs.payloads import Heat, Lines, Scatter

NEEDS_DATA = False
METRICS = {
    "place": Metric("places turned so far", counter=True),
    "distance_error": Metric(
        "greatest spread of scores of one query and key at equal distance, as a share of |q| |k|", better="lower"
    ),
    "moved_error": Metric(
        "greatest change of a score when the whole text begins later, as a share of |q| |k|", better="lower"
    ),
    "order_effect": Metric(
        "mean change of a score when the key moves by one place, as a share of |q| |k|", better="higher"
    ),
    "length_error": Metric("greatest change of a vector's length, as a share", better="lower", check=True),
    "complex_error": Metric("greatest difference from a product with complex numbers", better="lower", check=True),
}
LATER = 1000  # places by which a whole text is moved
PAIRS = 20  # of a random query and key
ARROWS = 3  # planes that are drawn


def build(
    *,
    position: Literal["rotary", "added", "none"] = "rotary",
    dimensions: int = 16,
    places: int = 48,
    base: float = 10000.0,
) -> Callable[[Context], "Rope"]:
    """Each step puts a query and a key at one place more; the seed draws them.

    position: how a place is written into a vector: it is turned; sines and cosines are added; or not at all.
    dimensions: numbers of a vector, at least 4, at most 128; an odd one more is left out.
    places: places of the text, at least 4, at most 256.
    base: of the slowest plane's angle, 1 / base a place, above 1.
    """
    return lambda context: Rope(position, dimensions // 2 * 2, places, base)


def angles(d: int, base: float) -> Tensor:
    """theta_i = base^(-2i / d), (d/2,) float64: fast planes first."""
    return base ** (-torch.arange(0, d, 2, dtype=torch.float64) / d)


def rotated(x: Tensor, at: Tensor, theta: Tensor) -> Tensor:
    """x (..., T, d) at places (T,) -> each plane turned by place * theta_i, (..., T, d)."""
    turn = at[:, None].double() * theta  # (T, d/2)
    first, second = x[..., ::2], x[..., 1::2]
    turned = first * turn.cos() - second * turn.sin(), first * turn.sin() + second * turn.cos()
    return torch.stack(turned, -1).flatten(-2)


def rotated_by_complex(x: Tensor, at: Tensor, theta: Tensor) -> Tensor:
    """The same: z exp(i place theta) of z = x_2i + i x_(2i+1)."""
    z = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    return torch.view_as_real(z * torch.exp(1j * at[:, None] * theta)).flatten(-2)


def added(x: Tensor, at: Tensor, theta: Tensor) -> Tensor:
    """x (..., T, d) plus the sines and cosines of Vaswani et al. 2017."""
    turn = at[:, None].double() * theta
    return x + torch.stack([turn.sin(), turn.cos()], -1).flatten(-2)


class Rope:
    """A walkthrough: the scores of one query and one key at every two places; measured on PAIRS random pairs."""

    def __init__(self, position: str, d: int, T: int, base: float):
        self.position, self.T, self.length = position, T, T
        self.theta = angles(d, base)
        self.q, self.k = torch.randn(2, PAIRS, d, dtype=torch.float64)
        self.at_places = torch.arange(T)
        self.scores = self._scores(self.at_places)  # (PAIRS, T, T)
        self.metrics = self._metrics()

    def _placed(self, x: Tensor, at: Tensor) -> Tensor:
        """x (PAIRS, d) at each of the places (T,) -> (PAIRS, T, d)."""
        x = x[:, None].expand(-1, len(at), -1)
        if self.position == "none":
            return x
        return (rotated if self.position == "rotary" else added)(x, at, self.theta)

    def _scores(self, at: Tensor) -> Tensor:
        """(PAIRS, T, T) as shares of |q| |k|: the query's place is the row."""
        scores = self._placed(self.q, at) @ self._placed(self.k, at).mT
        return scores / (self.q.norm(dim=1) * self.k.norm(dim=1))[:, None, None]

    def _metrics(self) -> dict[str, float]:
        spreads = []
        for away in range(1 - self.T, self.T):
            same = self.scores.diagonal(away, 1, 2)  # (PAIRS, T - |away|): all of one distance
            spreads.append((same.amax(1) - same.amin(1)).max())
        x = self._placed(self.q, self.at_places)
        length = (x.norm(dim=2) / self.q.norm(dim=1)[:, None] - 1).abs().max()
        both = [make(self.q[:, None].expand(-1, self.T, -1), self.at_places, self.theta) for make in BOTH]
        return {
            "distance_error": max(spreads).item(),
            "moved_error": (self._scores(self.at_places + LATER) - self.scores).abs().max().item(),
            "order_effect": self.scores.diff(dim=2).abs().mean().item(),
            "length_error": length.item(),
            "complex_error": (both[0] - both[1]).abs().max().item(),
        }

    def at(self, step: int) -> Moment:
        """With the places that are filled by then."""
        pictures = [
            Picture("scores", self._map(step)),
            Picture("arrows", self._arrows(step)),
            Picture("by distance", self._by_distance(max(2, step))),
            Picture("angles", self._angles()),
        ]
        return Moment({"place": step, **self.metrics}, pictures)

    def _map(self, step: int) -> Heat:
        shown = self.scores[0].clone()
        shown[step:], shown[:, step:] = torch.nan, torch.nan
        return Heat(values=shown.numpy(), x_title="place of the key", y_title="place of the query")

    def _arrows(self, step: int) -> Scatter:
        """The tips of the query's first planes at the places so far, each on its circle, and the newest as a line."""
        x = self._placed(self.q, self.at_places)[0, : max(1, step)].unflatten(-1, (-1, 2))  # (step, d/2, 2)
        planes = range(min(ARROWS, x.shape[1]))
        names = [f"plane {plane + 1}: {math.degrees(self.theta[plane]):.3g} degrees a place" for plane in planes]
        tips = x[:, : len(planes)].flatten(0, 1).numpy()
        arrows = [
            Path(
                x=np.array([0.0, float(x[-1, plane, 0])]), y=np.array([0.0, float(x[-1, plane, 1])]), name=names[plane]
            )
            for plane in planes
        ]
        return Scatter(
            x=tips[:, 0], y=tips[:, 1], label=np.tile(np.arange(len(planes)), len(x)), classes=names,
            x_title="number 2i", y_title="number 2i + 1", paths=arrows,
        )  # fmt: skip

    def _by_distance(self, step: int) -> Lines:
        """The score against the distance: one curve for a query at each of three places."""
        some = sorted({0, (step - 1) // 2, step - 1})
        places = np.arange(step)
        curves = {f"query at {row}": (places - row, self.scores[0, row, :step]) for row in some}
        return lines(curves, x_title="place of the key - place of the query", y_title="score / |q| |k|")

    def _angles(self) -> Lines:
        planes = np.arange(len(self.theta)) + 1
        return lines(
            {"turn": (planes, 180 / math.pi * self.theta)}, x_title="plane", y_title="degrees a place", log_y=True
        )


BOTH = (rotated, rotated_by_complex)
