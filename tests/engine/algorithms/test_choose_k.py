"""Silhouettes are scikit-learn's; the elbow is where the curve bends; both find the groups where these are apart."""

import numpy as np
import pytest
import torch

from dltui.engine.algorithms import choose_k
from dltui.engine.data import clouds
from tests.engine.conftest import built, context


def points(seed: int, rows: int = 90, dims: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(rows, dims, dtype=torch.float64, generator=generator)
    return x, torch.cat([torch.arange(5), torch.randint(0, 4, (rows - 5,), generator=generator)])  # 4 is alone


BENDS = [([100, 50, 10, 8, 6, 4], 3), ([100, 10, 9, 8], 2), ([9, 9, 9], 1), ([5, 1], 1)]


@pytest.mark.parametrize(("inertias", "at"), BENDS)
def test_the_elbow_is_where_the_curve_bends(inertias, at):
    assert choose_k.elbow(inertias) == at


def walk(**options):
    data = clouds.build(shape="circle", rows=200, groups=4, **options).builtin()
    return choose_k.build(max_k=8, starts=10)(context(data))


@pytest.mark.parametrize("seed", range(3))
def test_both_find_groups_that_are_apart(seed):
    found = walk(spread=0.3, seed=seed)
    last = found.at(found.length).metrics
    assert last["k_elbow"] == last["k_silhouette"] == 4 and last["error"] < 1e-9
    assert set(last) == set(choose_k.METRICS)
    assert found.at(3).metrics["negative"] <= found.at(7).metrics["negative"]


def test_every_step_shows_one_cluster_more():
    found = walk(spread=0.3)
    for step in range(found.length + 1):
        moment = found.at(step)
        panes = {picture.pane: picture.payload for picture in moment.pictures}
        assert len(panes["points"]["marks"]["x"]) == step + 1
        assert np.isfinite(panes["choice"]["curves"][0]["y"]).sum() == step + 1
        if step:
            bars = panes["silhouettes"]
            assert [label for label in bars["labels"] if label] == [str(at + 1) for at in range(step + 1)]
            assert len(bars["values"]) <= choose_k.BARS


@pytest.mark.parametrize("dims", [1, 5])
def test_points_of_any_number_of_columns_are_drawn_in_a_plane(dims):
    x = points(1, dims=dims)[0]
    assert built(choose_k, x, max_k=3, starts=2).at(2).pictures[-1].payload["x"].shape == (len(x),)
