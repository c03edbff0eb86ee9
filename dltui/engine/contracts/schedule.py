"""What a module in schedules/ makes: `build(**options)` returns a Schedule, the share of `optimizer.lr`."""

from collections.abc import Callable

# (t, T) -> the share of `optimizer.lr` that holds after t of T steps. One that goes by more than t may have
# `update(loss, t, T)`, and then `state()` and `restore(state)` in JSON values.
Schedule = Callable[[int, int], float]
