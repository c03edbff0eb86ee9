"""The probe tells on which side of a word the net looks."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.probes.context_reach import build
from dltui.engine.tasks.tag import Tag
from tests.engine.conftest import context


class LooksAt(torch.nn.Module):
    """The tag of a word is that of the word `offset` places away."""

    def __init__(self, offset):
        super().__init__()
        self.offset = offset

    def forward(self, words):
        return torch.nn.functional.one_hot(words.roll(-self.offset, 1) % 2, 2).float()


def task(offset):
    words = torch.randint(4, 10, (30, 8), generator=torch.Generator().manual_seed(0))
    split = Split(words, (words.roll(1, 1) % 2))
    known = tuple("abcdefghij")
    data = Dataset(split, split, ("even", "odd"), "builtin", "", {"symbols": 10, "classes": 2}, vocabularies=(known,))
    return Tag(context(data, {"model": LooksAt(offset)}))


@pytest.mark.parametrize("offset", [-2, 1, 3])
def test_only_the_word_that_is_looked_at_counts(offset):
    probe = build(reach=3)(task(offset))
    assert probe.changed(offset) == pytest.approx(0.5, abs=0.15)  # every second other word has the other tag
    assert all(probe.changed(other) == 0 for other in probe.offsets if other != offset)
    found = probe.evaluate()
    assert (found["reach_before"] > 0) == (offset < 0) and (found["reach_after"] > 0) == (offset > 0)


def test_the_curves_lie_on_their_sides():
    (picture,) = build(reach=2)(task(1)).pictures()
    before, after = picture.payload["curves"]
    assert list(before["x"]) == [-2, -1] and list(after["x"]) == [1, 2]
    assert max(before["y"]) == 0 < after["y"][0]
