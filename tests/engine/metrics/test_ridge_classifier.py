"""Ridge regression by its formula on two classes; neither units of columns nor the number of rows change it."""

import torch

from dltui.engine.metrics.ridge_classifier import ridge_classifier


def test_two_classes_are_told_apart_where_the_formula_says():
    torch.manual_seed(0)
    y = torch.arange(60) % 2
    x = torch.randn(60, 3).double() + y[:, None]
    rows = 3 * torch.randn(300, 3).double()
    z, asked = ((part - x.mean(0)) / x.std(0, correction=0) for part in (x, rows))
    signs = 2.0 * y.double() - 1
    w = torch.linalg.solve(z.T @ z + 0.5 * 60 * torch.eye(3).double(), z.T @ (signs - signs.mean()))
    want = (asked @ w + signs.mean() > 0).long()
    assert torch.equal(ridge_classifier(x, y, 0.5)(rows), want)
    assert torch.equal(ridge_classifier(100 * x + 7, y, 0.5)(100 * rows + 7), want)
    assert torch.equal(ridge_classifier(x.repeat(2, 1), y.repeat(2), 0.5)(rows), want)
