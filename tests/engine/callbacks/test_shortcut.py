"""A mark that betrays the class: where it stands, who sees it, and maps that find what a net looks at."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from dltui.engine.callbacks.shortcut import METRICS, box_of, build, crosses, occlusion, saliency
from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.tasks import classify
from dltui.errors import DltuiError
from tests.engine.conftest import context

SIZE = 12


class Reads(nn.Module):
    """Predicts the class whose mark is the brightest, and nothing else."""

    def __init__(self, classes: int):
        super().__init__()
        self.marks = nn.Parameter(crosses(classes, SIZE, SIZE).float())

    def forward(self, pictures):
        return 4 * torch.einsum("bchw,kchw->bk", pictures, self.marks)


@pytest.fixture
def task():
    torch.manual_seed(0)
    inputs = torch.randint(0, 40, (24, 1, SIZE, SIZE), dtype=torch.uint8)
    split = Split(inputs, torch.arange(24) % 4)
    names = ("a", "b", "c", "d")
    data = Dataset(split, split, names, "builtin", "noise", facts_of(inputs, names))
    return classify.build()(context(data, {"model": Reads(4)}))


def test_each_class_has_a_mark_of_its_own_apart_from_the_others():
    marks = crosses(10, 28, 28)
    assert marks.sum((1, 2, 3)).tolist() == [5] * 10
    left = [box_of(mark[0])[0] for mark in marks]
    assert left == sorted(set(left)) and left[0] == 0 and box_of(marks[-1, 0])[2] == 28
    assert all((a & b).sum() <= 2 for a, b in pairwise(marks))


def test_only_training_pictures_of_marked_are_marked(task):
    callback = build(marked=True)(task)
    (transform,) = task.batch_transforms
    inputs, targets = task.rows.train.inputs[:6], task.rows.train.targets[:6]
    seen = transform(inputs, targets)
    assert torch.equal(seen != inputs, callback.crosses[targets])
    task.batch_transforms.clear()
    build(marked=False)(task)
    assert not task.batch_transforms


def test_a_net_that_reads_marks_alone_is_found_out(task):
    found = build()(task).evaluate()
    assert found.keys() == METRICS.keys()
    assert found["train_accuracy"] == found["marked_accuracy"] == 1
    assert found["swapped_accuracy"] == 0 and found["occlusion_on_mark"] == 1
    assert task.evaluate()["accuracy"] < 0.7


def test_a_net_that_looks_elsewhere_has_no_square_on_the_mark(task):
    class Corner(nn.Module):
        def forward(self, pictures):
            return pictures[:, 0, :4, 0]

    task.net = Corner()
    assert build()(task).evaluate()["occlusion_on_mark"] == 0


def test_an_occlusion_map_is_the_fall_of_the_probability_square_by_square():
    pictures = torch.rand(2, 1, 6, 6)

    def probabilities(x):
        return torch.stack([x[:, 0, 0, 0], x[:, 0, 0, 0] * 0], 1)  # the first pixel alone

    maps = occlusion(probabilities, pictures, 2, torch.zeros(1, 1, 1, 1))
    assert torch.allclose(maps[:, :2, :2], pictures[:, 0, 0, 0].view(2, 1, 1).expand(2, 2, 2))
    assert maps[:, 2:].abs().max() == 0 and maps[:, :, 2:].abs().max() == 0


def test_saliency_is_the_weights_of_a_linear_net():
    net = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16, 2))
    pictures = torch.rand(3, 3, 4, 4)
    weights = net[1].weight[net(pictures).argmax(1)].view(3, 3, 4, 4)
    assert torch.allclose(saliency(net, pictures), weights.abs().amax(1))


def test_the_picture_boxes_the_mark_in_all_three(task):
    (picture,) = build()(task).pictures()
    boxes = picture.payload["boxes"]
    assert len(boxes) == 9 and [box["cell"] for box in boxes] == list(range(9))
    assert picture.payload["captions"][:3] == ["c", "occluded", "saliency"]  # a, with the mark of c


def test_more_classes_than_places_are_told():
    with pytest.raises(DltuiError, match="no room for the marks of 40 classes"):
        crosses(40, 28, 28)
