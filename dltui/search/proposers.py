"""Where a search looks next: points of the unit cube, each coordinate a setting, proposed from those tried before.

Hill climbing goes on from the best place so far. Simulated annealing (Kirkpatrick, Gelatt, Vecchi 1983, "Optimization
by simulated annealing", Science 220) now and then goes on from a worse one, by the rule of Metropolis et al. 1953. The
genetic search is steady: each child is judged before the next one is bred (Whitley 1989, "The GENITOR algorithm").
Random search: Bergstra and Bengio 2012, "Random search for hyper-parameter optimization", JMLR 13.
"""

import math
from collections.abc import Sequence
from random import Random

Point = tuple[float, ...]
COOLING = 0.01  # share of the first temperature that is left at the end
POPULATION = 8  # the best so far, from which parents are drawn
TOURNAMENT = 2
FREE = {"hill": 1, "annealing": 1, "genetic": POPULATION}  # searches, and how many trials learn from none before them
MUTATION = 0.05  # standard deviation of what a coordinate is moved by
RESET = 0.05  # chance that a coordinate is drawn anew


def anywhere(dimensions: int, random: Random) -> Point:
    """Any point of the cube: it learns nothing."""
    return tuple(random.random() for _ in range(dimensions))


def nearby(point: Sequence[float], size: float, random: Random) -> Point:
    """x + N(0, size^2) in every coordinate; a wall of the cube throws it back."""
    return tuple(reflected(x + size * random.gauss(0, 1)) for x in point)


def reflected(x: float) -> float:
    """A number outside of 0..1 as its mirror image at the walls."""
    return 1 - abs(1 - x % 2)


def temperature(first: float, place: int, length: int) -> float:
    """T at trial `place` of `length`: it falls by the same factor at each, from `first` to a hundredth of it."""
    return first * COOLING ** (min(place, length) / max(1, length))


def accepts(rise: float, T: float, random: Random) -> bool:
    """Whether to go on from a place that is worse by `rise`: with probability exp(-rise / T); from a better one always.

    One random number is drawn each time, so that searches with other temperatures see the same numbers.
    """
    drawn = random.random()
    return rise <= 0 or (T > 0 and drawn < math.exp(-rise / T))


def genetic(tried: Sequence[Point], costs: Sequence[float], dimensions: int, random: Random) -> Point:
    """n points tried and their n costs, the least the best -> a child of two of the best, crossed and a little moved;
    any point while there are fewer than a population."""
    best = sorted(range(len(costs)), key=lambda n: costs[n])[:POPULATION]  # the best first
    if len(best) < POPULATION:
        return anywhere(dimensions, random)
    mother, father = (tried[best[min(random.choices(range(POPULATION), k=TOURNAMENT))]] for _ in range(2))
    child = nearby([random.choice(pair) for pair in zip(mother, father, strict=True)], MUTATION, random)
    return tuple(random.random() if random.random() < RESET else x for x in child)
