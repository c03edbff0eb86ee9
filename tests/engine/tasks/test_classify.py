"""Classification: losses and scores equal torch's and scikit-learn's."""

import pytest
import sklearn.metrics
import torch
from torch.nn.functional import binary_cross_entropy, cross_entropy

from dltui.engine.dataset import Dataset, Split
from dltui.engine.tasks.classify import build
from dltui.errors import DltuiError
from tests.engine.conftest import CPU


class Fixed(torch.nn.Module):
    """A net with known logits: the row times a matrix."""

    def __init__(self, outputs):
        super().__init__()
        self.matrix = torch.nn.Parameter(torch.randn(2, outputs, generator=torch.Generator().manual_seed(1)))

    def forward(self, rows):
        return rows @ self.matrix


def test_the_logistic_loss_is_the_binary_cross_entropy_of_its_probability(data):
    net = Fixed(1)
    task = build(loss="logistic")(data, {"model": net}, CPU)
    rows = torch.arange(20)
    p = torch.sigmoid(net(data.train.inputs[:20])[:, 0])
    want = binary_cross_entropy(p, data.train.targets[:20].float())
    assert task.loss(rows).item() == pytest.approx(want.item(), rel=1e-5)


def test_scores_are_those_of_sklearn(data):
    net = Fixed(2)
    task = build(loss="cross_entropy")(data, {"model": net}, CPU)
    with torch.no_grad():
        values = task.evaluate()
        logits = net(data.test.inputs)
    assert values["accuracy"] == pytest.approx(sklearn.metrics.accuracy_score(data.test.targets, logits.argmax(1)))
    assert values["auc"] == pytest.approx(sklearn.metrics.roc_auc_score(data.test.targets, logits.softmax(1)[:, 1]))
    assert values["test_loss"] == pytest.approx(cross_entropy(logits, data.test.targets).item(), rel=1e-5)


def test_the_confusion_matrix_has_the_truth_in_its_rows(data):
    net = Fixed(2)
    task = build(loss="cross_entropy")(
        data._replace(test=Split(data.test.inputs[:, [0, 1]], data.test.targets)), {"model": net}, CPU
    )
    task.inputs = task.inputs[:, None]  # no longer points of a plane
    task.test_inputs = task.test_inputs
    with torch.no_grad():
        payload = next(picture.payload for picture in task.pictures() if picture.pane == "confusion")
        want = sklearn.metrics.confusion_matrix(data.test.targets, net(data.test.inputs).argmax(1))
    assert payload["values"].tolist() == want.tolist()


def test_the_worst_mistake_is_the_surest(data):
    pictures = torch.rand(40, 1, 12, 12, generator=torch.Generator().manual_seed(0))
    targets = torch.zeros(40, dtype=torch.int64)

    class Brightness(torch.nn.Module):
        def forward(self, rows):
            bright = rows.mean((1, 2, 3)) * 100 - 49
            return torch.stack([-bright, bright], 1)

    shown = Dataset(Split(pictures, targets), Split(pictures, targets), ("dark", "bright"), "builtin", "", {})
    task = build(loss="cross_entropy")(shown, {"model": Brightness()}, CPU)
    with torch.no_grad():
        payload = next(picture.payload for picture in task.pictures() if picture.pane == "mistakes")
    brightest = pictures[pictures.mean((1, 2, 3)).argmax(), 0]
    first = torch.as_tensor(payload["pixels"][:12, :12].copy()).float() / 255
    assert torch.allclose(first, brightest, atol=0.01)
    assert payload["captions"][0] == "dark as bright"


def test_the_logistic_loss_wants_two_classes(data):
    with pytest.raises(DltuiError, match="two classes"):
        build(loss="logistic")(data._replace(classes=("a", "b", "c")), {"model": Fixed(1)}, CPU)
