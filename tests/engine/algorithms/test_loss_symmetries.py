"""Symmetries of a net: the function stays, the nearest rearrangement is that of brute force, a copy is found again."""

from itertools import permutations, product

import pytest
import torch

from dltui.engine.algorithms import loss_symmetries as symmetries
from dltui.engine.contracts.dataset import Dataset, Split
from tests.engine.conftest import blobs, context


def net(hidden: int = 4) -> symmetries.Net:
    return [torch.randn(hidden, 3), torch.randn(hidden), torch.randn(2, hidden), torch.randn(2)]


def distance(a: symmetries.Net, b: symmetries.Net) -> float:
    return sum((p - q).square().sum() for p, q in zip(a, b, strict=True)).item()


def made(data: Dataset, steps: int = 0, **options: object) -> symmetries.LossSymmetries:
    torch.manual_seed(0)
    model = symmetries.build(**options)(context(data))
    for _ in range(steps):
        model.step()
    return model


@pytest.mark.parametrize("signs", [True, False])
def test_the_matched_net_is_the_nearest_of_all_rearrangements(signs):
    torch.manual_seed(1)
    ours, to = net(), net()
    choices = product((1.0, -1.0), repeat=4) if signs else [(1.0,) * 4]
    every = [
        symmetries.rearranged(ours, torch.tensor(order), torch.tensor(flips))
        for flips in choices
        for order in permutations(range(4))
    ]
    want = min(distance(one, to) for one in every)
    assert distance(symmetries.matched(ours, to, signs=signs), to) == pytest.approx(want, rel=1e-5)


@torch.no_grad()
def test_a_copy_is_the_same_function_and_is_matched_back(data):
    model = made(data, 20)
    first, second = model.nets[:2]
    copy = model.ends(first, second)[symmetries.COPY]
    assert model.evaluate()["function_error"] < 1e-5 and distance(first, copy) > 1
    assert distance(symmetries.matched(copy, first, signs=True), first) < 1e-10
    assert made(data, activation="relu").evaluate()["function_error"] > 0.01, "ReLU has no such signs"


def test_the_barrier_is_the_height_above_the_line_between_the_ends():
    assert symmetries.barrier(torch.tensor([1.0, 4.0, 3.0])) == 2
    assert symmetries.barrier(torch.tensor([1.0, 0.0, 3.0])) == 0


def test_matching_lowers_the_barrier_and_a_run_resumes(data):
    model, other = made(data, 80), made(data)
    metrics = model.evaluate()
    assert metrics["matched_barrier"] < 0.5 * metrics["barrier"]
    unmatched = made(data, 80, match="nothing").evaluate()
    assert unmatched["matched_barrier"] == unmatched["barrier"] == metrics["barrier"]
    other.load_state_dict(model.state_dict())
    for each in (model, other):
        torch.manual_seed(3)
        each.step()
    assert other.evaluate() == model.evaluate()
    assert [picture.pane for picture in model.pictures()] == ["straight lines"]


def test_units_are_drawn_of_pictures():
    rows = Split(torch.randint(0, 256, (40, 1, 4, 4), dtype=torch.uint8), blobs(40, 0).targets)
    drawn = list(made(Dataset(rows, rows, ("a", "b"), "builtin", "", {})).pictures())[1].payload
    assert drawn["rows"] == 3 and drawn["columns"] == symmetries.SHOWN
