"""Features of hidden layers: the rows that judge are in no fit."""

import pytest
import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from dltui.engine.contracts.dataset import Dataset, Split, with_new_classes
from dltui.engine.models import mlp, vgg
from dltui.engine.probes.layer_features import METRICS, build, layers, pooled
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context


def pictures(rows: int, seed: int) -> Split:
    """Noise, its brightness the class."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(rows) % 5
    noise = torch.randint(0, 60, (rows, 3, 16, 16), generator=generator)
    return Split((noise + 45 * targets[:, None, None, None]).to(torch.uint8), targets)


def data(train: Split, test: Split) -> Dataset:
    facts = {"channels": 3, "size": 16, "classes": 5}
    return with_new_classes(Dataset(train, test, tuple("abcde"), "builtin", "", facts), 3, 0)


def made(rows: Dataset, net: nn.Module | None = None, **options):
    torch.manual_seed(0)
    net = net or vgg.build(depth=11, blocks=2, width=4, hidden=8, size=16, classes=3).eval()
    return build(**options)(classify.build()(context(rows, {"model": net})))


@torch.no_grad()
def test_a_layer_is_what_a_relu_gives_in_its_order():
    net = vgg.build(depth=11, blocks=2, width=4, hidden=8, size=16, classes=3).eval()
    x = torch.rand(2, 3, 16, 16)
    found = layers(net, x)
    assert [tuple(each.shape[1:]) for each in found] == [(3, 16, 16), (4, 16, 16), (8, 8, 8), (8,), (8,)]
    assert torch.equal(found[1], net.block["1"][:3](x))
    assert torch.equal(net.head[-1](found[-1]), net(x)) and not net.block["1"][2]._forward_hooks
    assert torch.allclose(pooled(found[2], 2), avg_pool2d(found[2], 4).flatten(1), atol=1e-6)
    assert pooled(found[3], 2) is found[3] and pooled(found[2], 9).shape == (2, 8 * 64)


def test_rows_that_judge_are_neither_fitted_nor_chosen_by():
    """Judged by rows of its own fit, a linear classifier of many columns would look perfect."""
    rows = data(pictures(200, 0), pictures(50, 1))
    probe = made(rows)
    base = {tuple(row.flatten().tolist()) for row in rows.base.inputs}
    sets = [{tuple((255 * row).round().long().flatten().tolist()) for row in part.inputs} for part in probe.new]
    assert not (sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2])
    assert set.union(*sets) <= base and [len(each) for each in sets] == [32, 16, 32]
    assert set(probe.new.judge.targets.tolist()) == {0, 1}, "the classes that the net never sees"
    assert torch.equal(probe.old.judge.targets, rows.test.targets)


@torch.no_grad()
def test_untrained_it_gains_nothing_and_noise_is_told_by_its_brightness():
    """The net with random weights is the net itself before the first step, but for its batch normalisations."""
    rows = data(pictures(400, 0), pictures(100, 1))
    probe = made(rows)
    found = probe.evaluate()
    assert set(found) == set(METRICS)
    assert found["new_pixels"] == 1 and found["old_last"] > 0.6
    assert abs(found["new_gain"]) < 0.2
    (picture,) = probe.pictures()
    unseen, random, trained, _ = picture.payload["curves"]
    assert list(unseen["x"]) == list(range(5)) and unseen["y"][0] == random["y"][0] == 1
    assert trained["y"][-1] == pytest.approx(found["old_last"])


def test_what_does_not_fit_is_refused():
    rows = data(pictures(100, 0), pictures(50, 1))
    with pytest.raises(DltuiError, match="not trained on"):
        made(rows._replace(base=None))
    with pytest.raises(DltuiError, match=r"nn\.ReLU"):
        made(rows, mlp.build(inputs=768, hidden=[], outputs=3))
