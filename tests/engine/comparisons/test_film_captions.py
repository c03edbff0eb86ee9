"""Captions of films: the strip has its sentence, attention a row a word, and the table what every variant wrote."""

import torch
from torch import nn

from dltui.engine.comparisons.film_captions import build
from dltui.engine.contracts.models import Decoded
from dltui.engine.data.films import build as films
from dltui.engine.tasks import translate
from tests.engine.conftest import context


class Knowing(nn.Module):
    """Writes the true sentences, and looks at each frame in its turn."""

    def __init__(self, truth, attentive=True):
        super().__init__()
        self.truth, self.attentive = truth, attentive

    def decode(self, sources, how):
        symbols = self.truth[: len(sources), : how.length]
        looks = torch.eye(how.length, sources.shape[1]).expand(len(sources), 1, -1, -1).transpose(1, 2)
        return Decoded(symbols, looks if self.attentive else None)


def test_what_is_shown():
    data = films(show="stories", frames=6, train_rows=20, test_rows=8, size=16).builtin()
    nets = {"right": Knowing(data.test.targets), "wrong": Knowing(data.test.targets.flip(0), False)}
    tasks = {name: translate.build()(context(data, {"model": net})) for name, net in nets.items()}
    shown = {picture.pane: picture.payload for picture in build()(tasks).pictures()}
    assert list(shown) == ["films", "attention", "captions"]
    rows = shown["captions"]["rows"]
    assert rows[0][0] == "true" and rows[1] == ["right", rows[0][1]] and rows[2][1] != rows[0][1]
    assert shown["films"]["title"] == rows[0][1] and shown["films"]["columns"] == 3
    assert shown["attention"]["rows"] == [*rows[0][1].split(), "."] and shown["attention"]["columns"] == list("123456")
    assert shown["attention"]["weights"].shape == (len(shown["attention"]["rows"]), 6)


def test_nothing_is_shown_of_a_net_without_attention():
    data = films(show="stories", train_rows=20, test_rows=8, size=16).builtin()
    tasks = {"": translate.build()(context(data, {"model": Knowing(data.test.targets, False)}))}
    assert [picture.pane for picture in build()(tasks).pictures()] == ["films", "captions"]
