"""A counter is a Python int for whoever trains, and a buffer for the checkpoint."""

import torch
from torch import nn

from dltui.engine.contracts.counter import Counter
from tests.engine.training.test_host_syncs import Watch


class Part(nn.Module):
    def __init__(self):
        super().__init__()
        self.steps = Counter(self, "count", 1)


def test_what_was_counted_is_saved_and_taken_back():
    """Guards a resumed run that counts from the beginning; the part may be part of another."""
    counted, resumed = nn.ModuleList([Part()]), nn.ModuleList([Part()])
    counted[0].steps.set(7)
    resumed.load_state_dict(counted.state_dict())
    assert int(resumed[0].steps) == 7 and counted.state_dict()["0.count"].tolist() == 7


def test_a_buffer_that_another_has_put_in_its_place_is_read():
    """Guards the resume of an algorithm, which takes its buffers as they were saved."""
    part = Part()
    part.count = torch.tensor(5)
    assert int(part.steps) == 5
    part.count += 1
    assert int(part.steps) == 6
    part.steps.set(9)
    assert part.count.item() == 9 == int(part.steps)


def test_it_is_read_and_set_without_a_wait():
    part = Part()
    with Watch() as watch:
        part.steps.set(int(part.steps) + 1)
    assert int(part.steps) == 2 and not watch.found and torch.equal(part.count, torch.tensor(2))
