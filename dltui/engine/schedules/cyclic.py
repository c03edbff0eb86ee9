"""The rate rises and falls in straight lines, again and again (Smith 2017, arXiv:1506.01186)."""

from dltui.engine.contracts.schedule import Schedule


def build(*, floor: float = 0.1, cycles: int = 4, shrink: float = 1.0) -> Schedule:
    """Returns (t, T) -> floor + (1 - floor) (1 - |2u - 1|), where u in 0..1 is how much of a cycle has passed.

    floor: lowest share of the rate, at least 0, below 1.
    cycles: rises and falls in a run, at least 1.
    shrink: by which a cycle's height above the floor is multiplied for the next, above 0, at most 1.
    """

    def schedule(t: int, T: int) -> float:
        passed = min(cycles * t / T, cycles)
        u = passed % 1
        return floor + (1 - floor) * shrink ** int(passed) * (1 - abs(2 * u - 1))

    return schedule
