"""The rate falls in stairs."""

from dltui.engine.contracts.schedule import Schedule


def build(*, at: list[float] = (0.5, 0.75), factor: float = 0.1) -> Schedule:
    """Returns (t, T) -> factor^(stairs that lie behind).

    at: where the stairs are, as shares of the run, each above 0, below 1.
    factor: by which a stair multiplies the rate, above 0, below 1.
    """
    return lambda t, T: factor ** sum(t >= round(share * T) for share in at)
