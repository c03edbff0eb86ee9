"""Transcription: what is measured of a net that always reads the same."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context
from dltui.engine.tasks import transcribe

CPU = torch.device("cpu")
SYMBOLS = ("<blank>", "a", "b", "c")


class Reader(torch.nn.Module):
    """Reads what the inputs (B, F) spell out."""

    def forward(self, inputs):
        return 20 * torch.nn.functional.one_hot(inputs.long(), 4).float()


def task(inputs, targets):
    split = Split(torch.tensor(inputs), torch.tensor(targets))
    data = Dataset(split, split, (), "builtin", "", {"target_words": 4}, vocabularies=(SYMBOLS,))
    return transcribe.build()(Context(Rows(data, CPU), {"model": Reader()}, CPU, 0))


def test_edits_are_counted_and_doubles_are_told_apart():
    made = task([[1, 1, 0, 1, 2], [3, 3, 2, 0, 0]], [[1, 1, 2], [3, 2, 2]])
    values = made.evaluate()
    assert values["character_error"] == pytest.approx(1 / 6)
    assert values["exact"] == 0.5 and values["exact_doubles"] == 0.5


def test_without_doubles_nothing_is_said_of_them():
    assert "exact_doubles" not in task([[1, 0, 2]], [[1, 2]]).evaluate()


def test_the_lattice_names_what_is_read_and_what_should_be():
    pictures = {picture.pane: picture.payload for picture in task([[1, 0, 2]], [[1, 3]]).pictures()}
    assert pictures["lattice"]["title"] == "read: ab   should be: ac"
    assert pictures["lattice"]["rows"] == ["blank", "a", "b", "c"] and pictures["lattice"]["columns"] == ["a", "", "b"]
    assert pictures["read"]["rows"] == [["wrong", "ab", "ac"]]


def test_pictures_are_drawn_with_what_is_read_in_them(monkeypatch):
    made = task([[1, 0, 2]], [[1, 2]])
    made.rows.test.stored = torch.zeros(1, 1, 6, 9)
    monkeypatch.setattr(made, "net", lambda inputs: 20 * torch.nn.functional.one_hot(torch.tensor([[1, 0, 2]]), 4))
    pictures = {picture.pane: picture.payload for picture in made.pictures()}
    assert list(pictures) == ["lattice", "strings", "read"] and pictures["strings"]["captions"] == ["ab"]
