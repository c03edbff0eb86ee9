"""Pages as a data set."""

from dltui.engine.data.pages import build


def test_pages_and_what_they_are_to_become():
    data = build(train_rows=10, test_rows=3, size=32).builtin()
    assert data.train.inputs.shape == data.train.targets.shape == (10, 1, 32, 32)
    assert data.test.inputs.shape == (3, 1, 32, 32) and data.facts["target_channels"] == 1
    assert (data.train.targets.float().mean((1, 2, 3)) > 150).all()  # white paper
