"""The same rate to the end."""

from dltui.engine.contracts.schedule import Schedule


def build() -> Schedule:
    """Returns (t, T) -> 1."""
    return lambda t, T: 1.0
