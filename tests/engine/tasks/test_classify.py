"""Classification: losses and scores equal torch's and scikit-learn's."""

import pytest
import sklearn.metrics
import torch
from torch.nn.functional import binary_cross_entropy, cross_entropy

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import deep_mlp
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


@torch.no_grad()
def test_a_lower_threshold_finds_more_and_frightens_more(data):
    task = build(loss="logistic")(data, {"model": Fixed(1)}, CPU)
    found = {}
    for task.threshold in (0.3, 0.5, 0.7):
        found[task.threshold] = task.evaluate()
        said = task.probabilities(data.test.inputs)[:, 1] >= task.threshold
        assert found[task.threshold]["recall"] == pytest.approx(sklearn.metrics.recall_score(data.test.targets, said))
        assert found[task.threshold]["precision"] == pytest.approx(
            sklearn.metrics.precision_score(data.test.targets, said)
        )
    assert found[0.3]["recall"] > found[0.5]["recall"] > found[0.7]["recall"]


def test_nothing_is_decided_by_a_threshold_without_the_logistic_loss(data):
    assert build(loss="cross_entropy")(data, {"model": Fixed(2)}, CPU).threshold is None


def test_the_logistic_loss_wants_two_classes(data):
    with pytest.raises(DltuiError, match="two classes"):
        build(loss="logistic")(data._replace(classes=("a", "b", "c")), {"model": Fixed(1)}, CPU)


def pictured(rows=12):
    """Pictures in three classes."""
    inputs = (torch.rand(rows, 3, 12, 12, generator=torch.Generator().manual_seed(0)) * 255).byte()
    split = Split(inputs, torch.arange(rows) % 3)
    return Dataset(split, split, ("a", "b", "c"), "builtin", "", {"classes": 3})


def linear():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(3 * 12 * 12, 3))


def test_a_penalty_is_added_in_training_only():
    rows, net = torch.arange(12), linear()
    plain, paid = (build(l1=l1, l2=2 * l1)(pictured(), {"model": net}, CPU) for l1 in (0.0, 0.01))
    w = net[1].weight
    extra = (0.01 * w.abs().sum() + 0.02 * w.square().sum()).item()
    assert paid.loss(rows).item() == pytest.approx(plain.loss(rows).item() + extra, rel=1e-5)
    with torch.no_grad():
        assert paid.evaluate()["test_loss"] == plain.evaluate()["test_loss"]


def test_the_gap_and_the_weights_are_shown():
    data = pictured()
    data = data._replace(test=Split(255 - data.test.inputs, data.test.targets))
    net = linear()
    task = build(show="weights")(data, {"model": net}, CPU)
    net[1].weight.data[0] = 0.0
    with torch.no_grad():
        values, pictures = task.evaluate(), {p.pane: p.payload for p in task.pictures()}
        train = cross_entropy(net(task.inputs), task.targets).item()
    assert values["gap"] == pytest.approx(values["test_loss"] - train, abs=1e-5)
    assert values["near_zero"] == pytest.approx(1 / 3, abs=0.05)
    (curve,) = pictures["weights"]["curves"]
    middle = len(curve["x"]) // 2
    assert curve["x"][middle] == pytest.approx(0, abs=1e-6) and curve["y"][middle] > 1 / 3
    assert curve["y"].sum() == pytest.approx(1)
    assert curve["y"][[0, -1]].tolist() == [0, 0]
    assert pictures["first units"]["pixels"].shape == (12, 6 * 12, 3)


def test_augmentation_changes_what_is_trained_on_and_nothing_else():
    net = linear()
    task = build(augment=["flip", "crop", "cutout"], show="samples")(pictured(), {"model": net}, CPU)
    before, rows = task.inputs.clone(), torch.arange(12)
    torch.manual_seed(0)
    losses = {task.loss(rows).item() for _ in range(4)}
    assert len(losses) == 4 and torch.equal(task.inputs, before)
    with torch.no_grad():
        assert task.evaluate() == build()(pictured(), {"model": net}, CPU).evaluate()
        first, again = ({p.pane: p.payload for p in task.pictures()} for _ in "12")
    assert first["changes"]["captions"] == ["as it is", "flip", "crop", "cutout", "all"]
    assert first["trained on"]["captions"] == ["a", "b", "c", "a"]  # the labels stay
    assert (first["trained on"]["pixels"] != again["trained on"]["pixels"]).any()
    assert (first["changes"]["pixels"][:, :12] == again["changes"]["pixels"][:, :12]).all()


def test_what_is_not_augmented_is_shown_as_it_is():
    task = build(show="samples")(pictured(), {"model": linear()}, CPU)
    with torch.no_grad():
        sheet, *others = task.pictures()
    want = pictured().train.inputs[0].permute(1, 2, 0)
    assert (sheet.payload["pixels"][:12, :12] == want.numpy()).all()
    assert [picture.pane for picture in others] == ["confusion", "mistakes"]


def test_what_cannot_be_augmented_is_told(data):
    with pytest.raises(DltuiError, match='no change "flop"'):
        build(augment=["flop"])(pictured(), {"model": linear()}, CPU)
    with pytest.raises(DltuiError, match="rows of numbers"):
        build(augment=["flip"])(data, {"model": Fixed(2)}, CPU)
    with pytest.raises(DltuiError, match="rows of numbers"):
        build(show="samples")(data, {"model": Fixed(2)}, CPU)


@pytest.mark.parametrize(("activation", "least", "most"), [("sigmoid", 0.0, 1e-4), ("relu", 0.1, 10.0)])
def test_what_is_kept_of_the_rows_differences_is_told_and_shown(activation, least, most):
    torch.manual_seed(0)
    net = deep_mlp.build(inputs=3 * 12 * 12, outputs=3, depth=15, activation=activation)
    task = build(show="units")(pictured(), {"model": net}, CPU)
    with torch.no_grad():
        kept, panes = task.evaluate()["kept"], [picture.pane for picture in task.pictures()]
    assert least <= kept <= most and panes == ["activation", "layers"]


def test_a_net_without_activations_has_no_units_to_show():
    task = build(show="units")(pictured(), {"model": linear()}, CPU)
    with torch.no_grad(), pytest.raises(DltuiError, match="no activations"):
        task.evaluate()


def test_where_the_curves_are_the_lesson_no_picture_takes_their_room(data):
    task = build(show="curves")(data, {"model": Fixed(2)}, CPU)
    assert not list(task.pictures())
