"""Members' scores are combined as written, steadiness is Jaccard's index, and an ensemble of one is its member."""

import itertools

import pytest
import torch

from dltui.engine.algorithms import select_ensemble as ours
from dltui.engine.data import planted
from tests.engine.conftest import context


def test_steadiness_is_the_mean_jaccard_index_of_all_pairs():
    sets = torch.rand(5, 9, generator=torch.Generator().manual_seed(0)) < 0.5
    want = [(a & b).sum() / (a | b).sum() for a, b in itertools.combinations(sets, 2)]
    assert ours.jaccard(sets).item() == pytest.approx(torch.stack(want).mean().item())
    assert ours.jaccard(sets[:1].repeat(3, 1)) == 1


@pytest.mark.parametrize(
    ("of", "want"),
    [
        ("rankings", [(4 + 1) / 2, (3 + 2) / 2, (1.5 + 3) / 2, (1.5 + 4) / 2]),  # equal scores share their mean rank
        ("selections", [1 / 2, 1 / 2, 1 / 2, 1 / 2]),
        ("measures", [(1 + 0) / 2, (0.5 + 0.1) / 2, (0 + 0.2) / 2, (0 + 1) / 2]),
    ],
)
def test_scores_of_two_members_become_one(of, want):
    """Guards the direction of ranks: the greatest score has the greatest."""
    scores = torch.tensor([[2.0, 1.0, 0.0, 0.0], [0.0, 1.0, 2.0, 10.0]], dtype=torch.float64)
    assert ours.combined(scores, of, 2).tolist() == pytest.approx(want)
    assert ours.first(scores, 2).int().tolist() == [[1, 1, 0, 0], [0, 0, 1, 1]]


def made(rows: int = 150, **options):
    torch.manual_seed(0)
    data = planted.build(rows=rows, rise=2, skew=0, bump=1, wide=0, noise=7).builtin()
    algorithm = ours.build(columns=3, **options)(context(data))
    for _ in range(3):
        algorithm.step()
    return algorithm


@pytest.mark.parametrize("of", ours.MEMBERS)
def test_each_kind_chooses_as_many_as_it_is_told_and_is_drawn(of):
    algorithm = made(of=of)
    M = len(ours.MEMBERS[of])
    assert algorithm.chosen.shape == (4, M + 1, 10) and (algorithm.chosen.sum(2) == 3).all()
    found = algorithm.evaluate()
    assert set(found) == set(ours.METRICS) and 0 < found["member_jaccard"] <= 1
    choices, bars = (picture.payload for picture in algorithm.pictures())
    assert bars["labels"][0] == "ensemble" and bars["values"][0] == pytest.approx(found["jaccard"])
    assert choices["values"].shape == (M + 1, 10)
    assert choices["values"][0, :3].mean() == pytest.approx(found["planted"])


def test_an_ensemble_of_one_is_its_member():
    for of in ("rankings", "measures", "selections", "models"):
        found = made(of=of, members=1).evaluate()
        assert found["jaccard"] == found["member_jaccard"] and found["accuracy"] == found["best_member_accuracy"]


def test_on_many_rows_what_was_planted_is_chosen():
    assert made(rows=600, of="selections").evaluate()["planted"] == 1
    assert made(rows=600, of="measures").evaluate()["planted"] == 1
