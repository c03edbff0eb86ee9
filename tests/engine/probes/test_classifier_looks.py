"""Probes of a classifier's weights, activations and augmented samples: what they measure is what the net has."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from dltui.engine.augmentations import pictures as augmentation
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.models import deep_mlp, mlp
from dltui.engine.probes import activations, augmented_samples, generalization_gap, templates, weights
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context
from tests.engine.tasks.test_classify import linear, pictured


def looked(probe, data, net, **parts):
    """What the probe of a task measures, and its pictures."""
    found = probe(classify.build()(context(data, {"model": net}, **parts)))
    with torch.no_grad():
        values = found.evaluate() if hasattr(found, "evaluate") else {}
        return values, {p.pane: p.payload for p in found.pictures()} if hasattr(found, "pictures") else {}


def test_weights_near_zero_are_counted_and_drawn():
    net = linear()
    net[1].weight.data[0] = 0.0
    values, panes = looked(weights.build(), pictured(), net)
    assert values["near_zero"] == pytest.approx(1 / 3, abs=0.05)
    (curve,) = panes["weights"]["curves"]
    middle = len(curve["x"]) // 2
    assert curve["x"][middle] == pytest.approx(0, abs=1e-6) and curve["y"][middle] > 1 / 3
    assert curve["y"].sum() == pytest.approx(1) and curve["y"][[0, -1]].tolist() == [0, 0]
    assert panes["first units"]["pixels"].shape == (12, 6 * 12, 3)


def test_the_gap_is_between_test_and_training_rows():
    data, net = pictured(), linear()
    data = data._replace(test=Split(255 - data.test.inputs, data.test.targets))
    values, _ = looked(generalization_gap.build(), data, net)
    train, test = (cross_entropy(net(split.inputs / 255), split.targets).item() for split in (data.train, data.test))
    assert values == {"train_loss": pytest.approx(train, rel=1e-5), "gap": pytest.approx(test - train, abs=1e-5)}


def test_samples_are_drawn_anew_and_labels_stay():
    net, augment = linear(), augmentation.build(changes=["flip", "crop", "cutout"])
    (_, first), (_, again) = (looked(augmented_samples.build(), pictured(), net, augment=augment) for _ in "12")
    assert first["changes"]["captions"] == ["as it is", "flip", "crop", "cutout", "all"]
    assert first["trained on"]["captions"] == ["a", "b", "c", "a"]
    assert (first["trained on"]["pixels"] != again["trained on"]["pixels"]).any()
    assert (first["changes"]["pixels"][:, :12] == again["changes"]["pixels"][:, :12]).all()


def test_what_is_not_augmented_is_shown_as_it_is():
    _, panes = looked(augmented_samples.build(), pictured(), linear())
    want = pictured().train.inputs[0].permute(1, 2, 0)
    assert (panes["trained on"]["pixels"][:12, :12] == want.numpy()).all() and list(panes) == ["trained on"]


@pytest.mark.parametrize(("activation", "least", "most"), [("sigmoid", 0.0, 1e-4), ("relu", 0.1, 10.0)])
def test_what_is_left_of_the_rows_differences(activation, least, most):
    torch.manual_seed(0)
    net = deep_mlp.build(inputs=3 * 12 * 12, outputs=3, depth=15, activation=activation)
    values, panes = looked(activations.build(), pictured(), net)
    assert least <= values["activation_std_ratio"] <= most and list(panes) == ["activation", "layers"]


def test_a_net_without_activations_has_none_to_show():
    with pytest.raises(DltuiError, match="no activations"):
        looked(activations.build(), pictured(), linear())


@pytest.fixture
def striped():
    """Pictures 4x4 in three classes, each with a bright row of its own, in noise."""
    targets = torch.arange(60) % 3
    inputs = 0.6 * torch.rand(60, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    inputs[torch.arange(60), 0, targets] += 0.3
    split = Split((255 * inputs).byte(), targets)
    return Dataset(split, split, ("a", "b", "c"), "builtin", "", {"inputs": 16, "classes": 3})


@pytest.mark.parametrize("evidence", [True, False])
def test_the_templates_of_a_linear_net_are_shown(striped, evidence):
    net = mlp.build(inputs=16, outputs=3, hidden=[])
    values, panes = looked(templates.build(evidence=evidence), striped, net)
    assert set(values) == {"resemblance"} and panes["templates"]["captions"] == ["a", "b", "c"]
    assert list(panes) == ["templates", "one picture"][: 1 + evidence]


def test_a_hidden_layer_leaves_its_units_to_be_shown(striped):
    values, panes = looked(templates.build(), striped, mlp.build(inputs=16, outputs=3, hidden=[8]))
    assert not values and list(panes) == ["first units"]
