"""The comparison of segmenters: one picture under each, and what each costs."""

import pytest
import torch
from torch import nn

from dltui.engine.comparisons.masks import build
from dltui.engine.data.scene_masks import build as scenes
from dltui.engine.models import fcn
from dltui.engine.probes import masks as probe
from dltui.engine.tasks import segment
from tests.engine.conftest import context


class Always(nn.Module):
    """Predicts one class everywhere."""

    def __init__(self, number, classes):
        super().__init__()
        self.layer = nn.Conv2d(3, classes, 1)
        nn.init.zeros_(self.layer.weight)
        with torch.no_grad():
            self.layer.bias.copy_(torch.eye(classes)[number])

    def forward(self, pictures):
        return self.layer(pictures)


@pytest.fixture(scope="module")
def tasks():
    data = scenes(train_rows=10, test_rows=3).builtin()
    nets = {"ground": Always(0, 4), "wall": Always(1, 4), "fcn": fcn.build(classes=4).eval()}
    return {name: segment.build(judge="classes")(context(data, {"model": net})) for name, net in nets.items()}


def test_all_variants_are_shown_beside_the_ground_truth(tasks):
    masks, errors, classes = build(pictures=2)(tasks).pictures()
    sheet, truth = masks.payload["masks"], tasks["wall"].rows.test.targets[:2]
    assert masks.payload["captions"] == ["ground truth", "ground", "wall", "fcn"] * 2
    assert (sheet[:40, :40] == truth[0].numpy()).all() and (sheet[40:, :40] == truth[1].numpy()).all()
    assert (sheet[:, 40:80] == 0).all() and (sheet[:, 80:120] == 1).all()
    wrong = errors.payload["masks"][:40, :40]  # of what predicts ground alone
    assert (wrong == (truth[0] > 0).long().numpy()).all()
    ious = dict(zip(classes.payload["columns"], classes.payload["rows"][0], strict=True))
    assert ious["IoU of"] == "ground" and ious["ground"] > 0.3 and ious["wall"] == 0


def test_costs_are_counted(tasks):
    found = build()(tasks).evaluate()
    assert found["wall"] == {"weights": 16, "operations": 40 * 40 * 12}


def test_one_net_run_in_two_ways_is_compared_with_one_weights(tasks):
    """Guards two trainings being compared: the nets differ, their logits with the same weights do not."""
    found = build(timed=True, alike=["ground", "wall"])(tasks)
    values = found.evaluate()
    assert values[""] == {"logit_difference": 0.0} and values["fcn"]["milliseconds"] > 0
    table = list(found.pictures())[2].payload
    assert table["columns"][-1] == "ms a picture" and all(float(row[-1]) > 0 for row in table["rows"])


def test_a_single_net_shows_its_masks_too(tasks):
    masks, errors = probe.build(pictures=1)(tasks["ground"]).pictures()
    assert masks.payload["captions"] == ["ground truth", "predicted"] and errors.payload["captions"] == ["errors"]
    assert (masks.payload["masks"][:, 40:] == 0).all()
