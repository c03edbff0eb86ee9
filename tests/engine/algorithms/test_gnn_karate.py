"""Graph convolution: the club is networkx's, a layer is a mean over neighbours, distances are shortest paths."""

import networkx
import numpy as np
import pytest
import torch

from dltui.engine.algorithms import gnn_karate
from tests.engine.conftest import context

CLUB = networkx.karate_club_graph()


def made(steps: int = 0, **options: object) -> gnn_karate.GraphNet:
    torch.manual_seed(0)
    model = gnn_karate.build(**options)(context())
    for _ in range(steps):
        model.step()
    return model


def test_members_friends_and_clubs_are_those_of_networkx():
    assert np.array_equal(gnn_karate.edges().numpy(), networkx.to_numpy_array(CLUB, weight=None))
    stayed = [member for member in CLUB if CLUB.nodes[member]["club"] == "Mr. Hi"]
    assert list(gnn_karate.STAYED) == stayed


def test_a_layer_takes_a_mean_weighted_by_the_roots_of_degrees():
    A, S = gnn_karate.edges(), gnn_karate.normalized(gnn_karate.edges())
    degree = A.sum(1) + 1
    x = torch.randn(34, generator=torch.Generator().manual_seed(0))
    for i in (0, 8, 33):
        around = [i, *CLUB[i]]
        want = sum(x[j] / (degree[i] * degree[j]).sqrt() for j in around)
        assert (S @ x)[i].item() == pytest.approx(want.item(), rel=1e-4)


def test_distances_are_shortest_paths_and_the_layout_keeps_them():
    away = gnn_karate.distances(gnn_karate.edges())
    want = networkx.floyd_warshall_numpy(CLUB, weight=None)
    assert np.array_equal(away.numpy(), want)
    places = gnn_karate.layout(away)
    drawn = torch.cdist(places, places)
    pairs = torch.triu_indices(34, 34, 1)
    correlation = torch.corrcoef(torch.stack([drawn[*pairs], away[*pairs]]))[0, 1]
    assert correlation > 0.8


@pytest.mark.parametrize(("graph", "low", "high"), [("friends", 0.93, 1.0), ("none", 0.4, 0.6), ("shuffled", 0.2, 0.8)])
def test_labels_spread_along_friendships_only(graph, low, high):
    assert low <= made(60, graph=graph).evaluate()["accuracy"] <= high


def test_each_net_is_moved_by_its_own_loss_and_a_run_resumes():
    model, other = made(5), made()
    other.load_state_dict(model.state_dict())
    model.step(), other.step()
    assert model.evaluate() == other.evaluate()
    first, alone = made(), made()
    with torch.no_grad():
        alone.W[1:].zero_()
    first.step(), alone.step()
    assert torch.allclose(first.W[0], alone.W[0], atol=1e-6)


def test_pictures_have_every_member_and_the_friendships_between_the_clubs():
    panes = {picture.pane: picture.payload for picture in made(3).pictures()}
    stayed = set(gnn_karate.STAYED)
    assert len(panes["clubs"]["paths"]) == sum((a in stayed) != (b in stayed) for a, b in CLUB.edges)
    assert len(panes["predicted"]["x"]) == 34
    assert np.allclose(panes["predicted"]["shares"].sum(1), 1, atol=1e-5)
