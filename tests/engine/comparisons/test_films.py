"""Films: captions follow the verdicts, `opposite` is by hand, and a net without running verdicts is shown too."""

import pytest
import torch
from torch import nn

from dltui.engine.comparisons.films import build
from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.tasks import classify
from tests.engine.conftest import context


class Brighter(nn.Module):
    """Class 0 where a film gets brighter, else class 1; before the second frame class 1."""

    def verdicts(self, films):
        light = films.mean((2, 3))
        rises = (light - light[:, :1]) > 0
        return torch.stack([rises.float(), (~rises).float()], 2)

    def forward(self, films):
        return self.verdicts(films)[:, -1]


class Always(nn.Module):
    """Class 0."""

    def forward(self, films):
        return torch.tensor([1.0, 0.0]).expand(len(films), 2)


def films():
    """Films of 3 frames that get brighter (class 0) or darker (class 1)."""
    light = torch.tensor([[10, 20, 30], [30, 20, 10]]).repeat(4, 1)[..., None, None]
    inputs, targets = light.expand(8, 3, 8, 8).to(torch.uint8), torch.tensor([0, 1] * 4)
    split, names = Split(inputs.contiguous(), targets), ("brighter", "darker")
    return Dataset(split, split, names, "builtin", "light", facts_of(inputs, names))


def tasks(**nets):
    return {name: classify.build()(context(films(), {"model": net})) for name, net in nets.items()}


def test_a_film_run_backwards_is_the_opposite():
    found = build(paired=True)(tasks(right=Brighter(), blind=Always())).evaluate()
    assert found == {"right": {"opposite": 1.0}, "blind": {"opposite": pytest.approx(0.5)}}
    assert build()(tasks(right=Brighter())).evaluate() == {}


def test_below_every_second_frame_stands_the_verdict():
    comparison = build(shown=2)(tasks(right=Brighter(), blind=Always()))
    shown = {picture.pane: picture.payload for picture in comparison.pictures()}
    assert list(shown) == ["films", "running accuracy", "confusion"]
    strips = shown["films"]
    assert (strips["rows"], strips["columns"]) == (2, 2) and strips["title"].startswith("true: brighter, darker;")
    assert strips["captions"] == ["darker", "brighter", "darker", "darker"]
    curves = {curve["name"]: list(curve["y"]) for curve in shown["running accuracy"]["curves"]}
    assert curves == {"right": [0.5, 1, 1], "blind": [0.5, 0.5, 0.5]}
