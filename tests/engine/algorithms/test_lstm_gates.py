"""The cells are torch's, or the paper's formula; the line of text is read as the lesson says."""

import pytest
import torch

from dltui.engine.algorithms.lstm_gates import build as built
from dltui.engine.algorithms.lstm_gates import by_hand, distance, left_of_state, read, symbol, torch_h
from tests.engine.conftest import context


def walk(**options):
    return built(**options)(context())


@pytest.mark.parametrize("cell", ["lstm", "peepholes", "gru"])
def test_a_cell_is_the_reference(cell):
    """Of LSTM and GRU torch's, of peepholes the formula for each unit; a gate held open is not."""
    random = torch.Generator().manual_seed(3)
    assert max(distance(cell, "", random) for _ in range(10)) < 1e-12
    assert max(distance(cell, "z" if cell == "gru" else "f", random) for _ in range(10)) > 1e-3


def test_the_weights_by_hand_are_those_that_torch_runs():
    xs = torch.stack([symbol(character) for character in 'a "b" cd'])
    for cell in ("lstm", "gru"):
        h = torch.cat([step.h for step in read(xs, by_hand(cell), gru=cell == "gru")])
        torch.testing.assert_close(h, torch_h(cell, xs, by_hand(cell)))


@pytest.mark.parametrize("cell", ["lstm", "peepholes", "gru"])
@pytest.mark.parametrize("text", ['she said "go on" to us', '"a" "bc" d', "none here", '"'])
def test_it_knows_whether_a_quotation_is_open(cell, text):
    assert walk(cell=cell, text=text).at(1).metrics["inside_right"] == 1
    if '"' in text[:-1] and cell != "gru":
        assert walk(cell=cell, text=text, held_open="f").at(1).metrics["inside_right"] < 1


def test_the_word_unit_shows_its_count_only_where_a_word_ends():
    step = walk(text="abc ").steps
    outputs = [each.h[0, 1].item() for each in step]
    assert max(outputs[:3]) < 0.01 < 0.5 < outputs[3]  # tanh(3 tanh(0.2))
    assert step[2].c[0, 1].item() == pytest.approx(3 * torch.tanh(torch.tensor(0.2)).item(), abs=0.01)


def test_gates_keep_and_erase():
    for cell in ("lstm", "peepholes"):
        assert left_of_state(cell, {"f": 60.0, "i": -60.0}, 1000) == pytest.approx(1, abs=1e-9)
        assert left_of_state(cell, {"f": -60.0, "i": -60.0}, 1) < 1e-20
    assert left_of_state("gru", {"z": -60.0}, 1) < 1e-20


def test_what_is_shown_grows_with_what_is_read():
    pictures = {picture.pane: picture.payload for picture in walk().at(3).pictures}
    assert "".join(pictures["quote unit"]["parts"]).splitlines() == [f"{name} she" for name in "fioch"]
    assert "1 of 22" in walk().at(1).pictures[2].payload["title"]


def test_an_empty_line_is_read_as_a_space():
    assert walk(text="").length == 1
