"""Sequences of text: bits are those of the formula, no net may look ahead, samples follow what was learned."""

import math

import pytest
import torch
from torch import nn

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import lstm
from dltui.engine.tasks import generate_sequence
from dltui.errors import DltuiError
from tests.engine.conftest import context

V, T = 5, 6


def text(rows=40):
    """A text that counts: 1 2 3 4 1 2 3 4 ..."""
    symbols = torch.arange(rows * T + 1) % (V - 1) + 1
    split = Split(symbols[:-1].view(rows, T), symbols[1:].view(rows, T))
    facts = {"symbols": V, "length": T}
    return Dataset(split, Split(split.inputs[:8], split.targets[:8]), (), "", "", facts, vocabularies=(tuple("?abcd"),))


class Table(nn.Module):
    """Logits of the next symbol by the last one alone: `sure` for the one that follows in the text."""

    def __init__(self, sure=20.0):
        super().__init__()
        self.logits = torch.zeros(V, V)
        for symbol in range(1, V):
            self.logits[symbol, symbol % (V - 1) + 1] = sure

    def forward(self, symbols):
        return self.logits[symbols]

    def read(self, symbols, state=None):
        return self(symbols), None


def made(net, **options):
    return generate_sequence.build(**options)(context(text(), {"model": net}))


def test_bits_are_the_formulas():
    """Guards nats for bits, and logits for probabilities."""
    assert made(Table(0.0)).evaluate()["bits"] == pytest.approx(math.log2(V))
    sure = math.exp(2.0)
    assert made(Table(2.0)).evaluate()["bits"] == pytest.approx(-math.log2(sure / (sure + V - 1)), abs=1e-5)
    assert made(Table()).evaluate()["accuracy"] == 1


def test_the_table_of_pairs_is_counted():
    """Each symbol was followed by one other, 60 times; one is added to each of the five counts."""
    assert generate_sequence.pair_bits(text().train, text().test, V) == pytest.approx(-math.log2(61 / 65), abs=1e-6)


def test_independent_pixels_are_counted_in_training_pictures_and_judged_on_test_pictures():
    dark, bright = torch.zeros(6, 2, 2, dtype=torch.long), torch.ones(3, 2, 2, dtype=torch.long)
    bits = [generate_sequence.independent_bits(dark, test, 2) for test in (dark, bright)]
    assert bits == pytest.approx([math.log2(8 / 7), math.log2(8)])  # 6 + 1 of 8 are dark


def test_a_net_that_sees_ahead_is_refused():
    """Its bits would fall to nothing: the symbol that it is to guess stands in what it reads."""
    with pytest.raises(DltuiError, match="sees the symbols"):
        made(lstm.build(symbols=V, outputs=V, hidden=8, both_ways=True))
    made(lstm.build(symbols=V, outputs=V, hidden=8))


def test_a_sample_goes_on_from_its_start():
    task = made(Table())
    written, surprise = task.write(torch.tensor([[3, 4]]), 6)
    assert written.tolist() == [[1, 2, 3, 4, 1, 2]] and surprise.max() < 0.01


def test_a_low_temperature_prefers_what_is_likely():
    """Guards a temperature that multiplies."""
    shares = {}
    for temperature in (0.2, 5.0):
        torch.manual_seed(0)
        written, _ = made(Table(2.0), temperature=temperature).write(torch.full((300, 1), 1), 1)
        shares[temperature] = (written == 2).float().mean().item()
    assert shares[0.2] > 0.95 and shares[5.0] < 0.5


def test_the_surprise_that_is_shown_belongs_to_the_symbols():
    task = made(Table(2.0))
    task.evaluate()
    shown = {picture.pane: picture.payload for picture in task.pictures()}
    assert "".join(shown["surprise"]["parts"][:6]) == "bcdabc"  # the targets, not what was read
    assert len(shown["surprise"]["values"]) == len(shown["surprise"]["parts"])
    curve = shown["by memory"]["curves"][0]
    places = task.surprise.mean(0)
    assert curve["x"] == [1, 2, 3.5, 5.5]
    assert curve["y"] == pytest.approx([places[0], places[1], places[2:4].mean(), places[4:].mean()])


def test_it_wants_a_text_whose_next_symbol_is_the_target(data):
    """Guards tags that are taken for the next symbols."""
    with pytest.raises(DltuiError, match="needs texts"):
        generate_sequence.build()(context(data, {"model": Table()}))
    tagged = text()._replace(train=Split(text().train.inputs, text().train.inputs))
    with pytest.raises(DltuiError, match="the next symbol is predicted"):
        generate_sequence.build()(context(tagged, {"model": Table()}))


class Beside(nn.Module):
    """Logits of two shades, by the pixel on the left alone."""

    levels = 2

    def forward(self, pictures):
        left = nn.functional.pad(pictures, (1, 0))[..., :-1]  # (B, 1, H, W)
        return torch.cat([left, -left], 1)


def test_the_context_is_the_share_of_the_pixels_before_that_count():
    """Of 4x4 pixels ten stand before that in the middle, row 2 and column 2; one of them is its neighbour."""
    split = Split(torch.randint(0, 256, (6, 1, 4, 4), dtype=torch.uint8), torch.zeros(6, dtype=torch.long))
    data = Dataset(split, split, (), "", "", {})
    task = generate_sequence.build(shrink=1)(context(data, {"model": Beside()}))
    assert task.evaluate()["context"] == pytest.approx(1 / 10)
