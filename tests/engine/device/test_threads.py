"""Threads are chosen by what a step takes, and the fewest that are fast."""

import time

import pytest
import torch

from dltui.engine.device import threads


@pytest.fixture
def restored():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize(("faster", "want"), [(1, 1), (2, 2), (4, 4)])
def test_the_fewest_that_are_fast(restored, monkeypatch, faster, want):
    """A step that is three times as fast with `faster` threads as with any other number."""
    monkeypatch.setattr(threads, "SECONDS", 0.01)
    step = lambda: time.sleep(0.001 if torch.get_num_threads() == faster else 0.003)  # noqa: E731
    count, measured = threads.choose(step, 4)
    assert count == want == torch.get_num_threads()
    assert set(measured) == {1, 2, 4}


def test_a_small_gain_is_not_worth_a_core(restored, monkeypatch):
    monkeypatch.setattr(threads, "_seconds", lambda step, count, patience=0: {1: 1.0, 2: 0.95}[count])
    assert threads.choose(lambda: None, 2)[0] == 1
