"""Retrieval compared: each variant is judged by its own classes and by those of the others."""

import pytest
import torch

from dltui.engine.comparisons import retrieval
from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.contracts.rows import Rows
from tests.engine.conftest import CPU


class Task:
    """Embeds a picture as its brightness in one channel."""

    def __init__(self, channel, classes):
        generator = torch.Generator().manual_seed(0)
        red, green = torch.randint(2, (2, 40), generator=generator)
        pictures = torch.stack([200 * red, 200 * green, torch.zeros_like(red)], 1)[..., None, None].expand(-1, -1, 4, 4)
        split = Split(pictures.to(torch.uint8).contiguous(), (red, green)[classes])
        names = ("dark", "bright")
        self.rows = Rows(Dataset(split, split, names, "builtin", "", facts_of(split.inputs, names)), CPU)
        self.channel = channel

    def embed(self, inputs):
        return inputs[:, self.channel].mean((1, 2))[:, None]


def test_each_finds_what_is_alike_in_its_own_trait():
    compared = retrieval.build()({"red": Task(0, 0), "green": Task(1, 1)})
    values = compared.evaluate()
    for name in ("red", "green"):
        assert values[name]["precision_at_5"] == 1
        assert values[name]["others_precision_at_5"] < 0.8 and 0.9 < values[name]["pixel_precision_at_5"] <= 1


def test_an_embedding_of_the_wrong_trait_is_found_out():
    values = retrieval.build()({"red": Task(1, 0), "green": Task(1, 1)}).evaluate()
    assert values["red"]["precision_at_5"] < 0.8 and values["red"]["others_precision_at_5"] == 1


def test_the_sheet_has_a_row_for_pixels_and_for_each_variant():
    pictures = list(retrieval.build(queries=2)({"red": Task(0, 0), "green": Task(1, 1)}).pictures())
    sheet = pictures[0].payload
    assert (sheet["rows"], sheet["columns"]) == (6, 6)
    assert sheet["row_titles"] == 2 * ["pixels", "red", "green"]
    assert sheet["captions"][6] == "query" and all("red" in caption for caption in sheet["captions"][7:12])
    assert pictures[1].payload["values"] == pytest.approx([
        value for name in ("red", "green")
        for value in (retrieval.build()({"red": Task(0, 0), "green": Task(1, 1)}).evaluate()[name][key]
                      for key in ("pixel_precision_at_5", "precision_at_5"))
    ])  # fmt: skip
