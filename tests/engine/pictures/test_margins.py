"""How far the right class leads: every row is counted once, at the bin of its lead."""

import pytest
import torch

from dltui.engine.pictures.margins import LEAST, MOST, leads_picture


def test_every_row_is_counted_at_its_lead_and_the_rest_at_the_ends():
    train, test, asked = leads_picture(torch.tensor([1.0, 1.1, -100.0, 100.0]), torch.tensor([0.0]))["curves"]
    shares = {round(x, 4): y for x, y in zip(train["x"].tolist(), train["y"].tolist(), strict=True) if y}
    assert shares == {LEAST: 0.25, 1.0: 0.5, MOST: 0.25}
    assert test["y"].sum() == pytest.approx(1) and test["x"][test["y"].argmax()] == pytest.approx(0, abs=1e-6)
    assert asked["x"] == [1, 1] and asked["y"] == [0, 1]
