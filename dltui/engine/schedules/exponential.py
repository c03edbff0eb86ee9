"""The rate shrinks by the same share at every step."""

from dltui.engine.contracts.schedule import Schedule


def build(*, left: float = 0.01) -> Schedule:
    """Returns (t, T) -> left^(t/T).

    left: share of the rate that is left at the end, above 0, at most 1.
    """
    return lambda t, T: left ** (t / T)
