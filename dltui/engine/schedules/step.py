"""The rate falls in stairs, or by as much evenly; without stairs it stays where it is."""

from dltui.engine.contracts.schedule import Schedule


def build(*, at: list[float] = (0.5, 0.75), factor: float = 0.1, smooth: bool = False) -> Schedule:
    """Returns (t, T) -> factor^(stairs that lie behind), or factor^(stairs t/T) where it is smooth.

    at: where the stairs are, as shares of the run, each above 0, below 1; none leaves the rate constant.
    factor: by which a stair multiplies the rate, above 0, below 1.
    smooth: whether the rate shrinks by the same share at every step, exponentially, to where the stairs would end.
    """
    if smooth:
        return lambda t, T: factor ** (len(at) * t / T)
    return lambda t, T: factor ** sum(t >= round(share * T) for share in at)
