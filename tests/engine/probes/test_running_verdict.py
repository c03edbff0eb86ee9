"""Verdicts so far are those of the net on the words so far; texts with the word are counted apart."""

import torch
from torch import nn

from dltui.engine.data import labelled_texts
from dltui.engine.probes.running_verdict import build
from dltui.engine.reading.sentences import PAD, as_words
from dltui.engine.tasks import classify
from tests.engine.conftest import context


class NotSeen(nn.Module):
    """Class 0 from `word` on, 1 before it."""

    def __init__(self, word: int):
        super().__init__()
        self.word = word

    def forward(self, words):
        seen = (words == self.word).any(1).float()
        return torch.stack([seen, 1 - seen], 1)


def looking(word: str, texts: int = 5):
    data = labelled_texts.build(train_rows=50, test_rows=200).builtin()
    known = data.vocabularies[0]
    task = classify.build()(context(data, {"model": NotSeen(known.index("not"))}))
    return build(word=word, texts=texts)(task), data


def test_a_word_has_the_colour_of_the_verdict_after_it():
    probe, data = looking("not")
    spans = next(iter(probe.pictures())).payload
    lines = " ".join(spans["parts"]).split("\n")
    assert len([line for line in lines if line.strip()]) == 5
    verdict = 1
    for part, label in zip(spans["parts"], spans["label"], strict=True):
        verdict = 0 if part == "not" else verdict
        if label >= 0:
            assert label == verdict
        verdict = 1 if part == "\n" else verdict
    targets = data.test.targets[probe.shown]
    assert len(spans["marked"]) == int((targets != 0).sum())


def test_texts_with_the_word_are_counted_apart():
    probe, data = looking("not")
    known = data.vocabularies[0]
    has = torch.tensor(["not" in as_words(row, known) for row in data.test.inputs])
    assert probe.evaluate()["word_accuracy"] == (data.test.targets[has] == 0).float().mean().item()


def test_a_word_that_no_text_has_is_not_measured_and_texts_of_all_lengths_are_shown():
    probe, data = looking("zebra", texts=4)
    assert probe.evaluate() == {}
    lengths = (data.test.inputs[probe.shown] != PAD).sum(1).tolist()
    assert len(lengths) == 4 and lengths == sorted(lengths) and lengths[0] < lengths[-1]
