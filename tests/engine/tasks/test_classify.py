"""Classification: losses and scores equal those of torch and scikit-learn; augmentation acts in training only."""

import numpy as np
import pytest
import sklearn.metrics
import torch
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import binary_cross_entropy, cross_entropy, multi_margin_loss

from dltui.engine.augmentations import pictures as augmentation
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.losses import binary_cross_entropy as logistic
from dltui.engine.losses import hinge
from dltui.engine.models import mlp
from dltui.engine.regularizers import elastic_net
from dltui.engine.tasks.classify import build
from dltui.errors import DltuiError
from tests.engine.conftest import context


class Fixed(torch.nn.Module):
    """A net with known logits: the row times a matrix."""

    def __init__(self, outputs):
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.randn(2, outputs, generator=torch.Generator().manual_seed(1)))

    def forward(self, rows):
        return rows @ self.matrix


def made(data, net, threshold=0.5, **parts):
    return build(threshold=threshold)(context(data, {"model": net}, **parts))


def pictured(rows=12):
    """Pictures in three classes."""
    inputs = (torch.rand(rows, 3, 12, 12, generator=torch.Generator().manual_seed(0)) * 255).byte()
    split = Split(inputs, torch.arange(rows) % 3)
    return Dataset(split, split, ("a", "b", "c"), "builtin", "", {"classes": 3})


def linear():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 12 * 12, 3))


def test_the_logistic_loss_is_the_binary_cross_entropy_of_its_probability(data):
    net = Fixed(1)
    task = made(data, net, loss=logistic.build())
    p = torch.sigmoid(net(data.train.inputs[:20])[:, 0])
    want = binary_cross_entropy(p, data.train.targets[:20].float())
    assert task.loss(torch.arange(20)).item() == pytest.approx(want.item(), rel=1e-5)


def test_the_hinge_loss_is_torchs():
    data, net = pictured(), linear()
    task = made(data, net, loss=hinge.build())
    want = 3 * multi_margin_loss(net(data.train.inputs / 255), data.train.targets)
    assert task.loss(torch.arange(12)).item() == pytest.approx(want.item(), rel=1e-5)


def test_scores_are_those_of_sklearn(data):
    net = Fixed(2)
    task = made(data, net)
    with torch.no_grad():
        values = task.evaluate()
        logits = net(data.test.inputs)
    assert values["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(data.test.targets, logits.argmax(1)))
    assert values["test_loss"] == pytest.approx(cross_entropy(logits, data.test.targets).item(), rel=1e-5)


def test_nothing_is_decided_by_a_threshold_without_the_logistic_loss(data):
    assert made(data, Fixed(2)).threshold is None


def test_the_logistic_loss_wants_two_classes(data):
    with pytest.raises(DltuiError, match="two classes"):
        made(data._replace(classes=("a", "b", "c")), Fixed(1), loss=logistic.build())


def test_a_penalty_is_added_in_training_only():
    rows, net = torch.arange(12), linear()
    plain, paid = (made(pictured(), net, regularizer=elastic_net.build(l1=l1, l2=2 * l1)) for l1 in (0.0, 0.01))
    w = net[1].weight
    extra = (0.01 * w.abs().sum() + 0.02 * w.square().sum()).item()
    assert paid.loss(rows).item() == pytest.approx(plain.loss(rows).item() + extra, rel=1e-5)
    with torch.no_grad():
        assert paid.evaluate()["test_loss"] == plain.evaluate()["test_loss"]


def test_it_learns_what_sklearns_softmax_regression_learns():
    """sklearn's penalty is sum w^2 / 2C beside the sum of the losses; ours stands beside their mean."""
    inputs, targets = torch.randn(60, 16, generator=torch.Generator().manual_seed(0)), torch.arange(60) % 3
    inputs[torch.arange(60), targets] += 1
    data = Dataset(Split(inputs, targets), Split(inputs, targets), ("a", "b", "c"), "builtin", "", {})
    net = mlp.build(inputs=16, outputs=3, hidden=[])
    task = made(data, net, regularizer=elastic_net.build(l2=0.01))
    optimizer = torch.optim.LBFGS(net.parameters(), max_iter=300)

    def closure():
        optimizer.zero_grad()
        loss = task.loss(torch.arange(60))
        loss.backward()
        return loss

    optimizer.step(closure)
    theirs = LogisticRegression(C=1 / (2 * 0.01 * 60), max_iter=1000).fit(inputs.numpy(), targets.numpy())
    with torch.no_grad():
        assert np.abs(task.probabilities(inputs).numpy() - theirs.predict_proba(inputs.numpy())).max() < 0.01


def test_augmentation_changes_what_is_trained_on_and_nothing_else():
    net, data = linear(), pictured()
    task = made(data, net, augment=augmentation.build(changes=["flip", "crop", "cutout"]))
    torch.manual_seed(0)
    losses = {task.loss(torch.arange(12)).item() for _ in range(4)}
    assert len(losses) == 4 and torch.equal(task.rows.train.stored, data.train.inputs)
    with torch.no_grad():
        assert task.evaluate() == made(data, net).evaluate()


def test_what_cannot_be_augmented_is_told(data):
    with pytest.raises(DltuiError, match='no change "flop"'):
        augmentation.build(changes=["flop"])
    with pytest.raises(DltuiError, match="needs pictures"):
        made(data, Fixed(2), augment=augmentation.build(changes=["flip"]))


def test_bootstrapped_rows_repeat_leave_a_third_out_and_are_drawn_by_the_seed(data):
    """1 - 1/e of the rows are among those that are drawn."""
    tasks = [build(bootstrap=True)(context(data, {"model": Fixed(2)}, seed=seed)) for seed in (1, 1, 2)]
    first, again, other = (task.drawn for task in tasks)
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert len(first) == 256 and len(first.unique()) / 256 == pytest.approx(1 - 1 / torch.e, abs=0.05)
    rows, train = torch.arange(20), data.train
    want = cross_entropy(Fixed(2)(train.inputs[first[rows]]), train.targets[first[rows]])
    assert tasks[0].loss(rows).item() == pytest.approx(want.item())
