"""Attention maps: their sides are the sentences' words."""

import torch

from dltui.engine.probes.attention_maps import build
from tests.engine.tasks.test_translate import Copies, made


def shown(task):
    with torch.no_grad():
        return {picture.pane: picture.payload for picture in build()(task).pictures()}


def test_the_map_has_the_sentences_words():
    payload = shown(made(Copies()))["alignment"]
    assert payload["columns"] == ["two", "three", "one", "."] and payload["rows"] == ["два", "два", "один", "."]
    assert payload["weights"].shape == (4, 4)


def test_a_net_without_attention_shows_nothing():
    class Plain(Copies):
        def decode(self, sources, how):
            return super().decode(sources, how)._replace(attention=None)

    assert shown(made(Plain())) == {}
