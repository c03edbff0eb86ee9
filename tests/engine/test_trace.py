"""A trace keeps what it is given, evenly over the whole run, and survives a checkpoint."""

import torch

from dltui.engine.trace import KEPT, Trace


def filled(count):
    trace = Trace(2)
    for step in range(count):
        trace.add(step, [step, -step])
    return trace


def test_a_short_one_is_kept_whole():
    trace = filled(KEPT)
    assert trace.steps.tolist() == list(range(KEPT))
    assert torch.equal(trace.values[:, 1], -trace.steps.double())


def test_a_long_one_is_thinned_evenly_from_end_to_end():
    """Guards the turn after thinning: a gap of another width would show as a kink."""
    for count in (KEPT + 1, 3 * KEPT, 5 * KEPT + 7):
        trace = filled(count)
        gaps = trace.steps.diff()
        assert trace.steps[0] == 0 and gaps.min() == gaps.max()
        assert count - 1 - trace.steps[-1] < gaps[0]
        assert KEPT // 2 <= len(trace.steps) <= KEPT
        assert torch.equal(trace.values[:, 0], trace.steps.double())


def test_a_checkpoint_holds_it():
    trace, other = filled(700), Trace(2)
    other.load_state_dict(trace.state_dict())
    for each in (trace, other):
        for step in range(700, 900):
            each.add(step, [step, -step])
    assert torch.equal(trace.values, other.values) and torch.equal(trace.steps, other.steps)
