"""Indices are scikit-learn's where it has them, else their definitions, written out pair by pair."""

import itertools
import math

import numpy as np
import pytest
import torch
from sklearn import metrics as theirs

from dltui.engine.algorithms.cluster_metrics import (
    EXTERNAL,
    INTERNAL,
    Agreement,
    Partition,
    build,
    distance,
    spoiled,
)
from dltui.engine.contracts.dataset import Dataset, Split
from tests.engine.conftest import context

SEEDS = range(6)


def drawn(seed: int, rows: int = 40) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Points (rows, 3), three classes, and up to six clusters that lean towards the points."""
    random = torch.Generator().manual_seed(seed)
    classes = torch.randint(3, (rows,), generator=random)
    x = torch.randn(rows, 3, dtype=torch.float64, generator=random) + 2 * classes[:, None]
    clusters = (x[:, 0] + torch.randn(rows, generator=random)).clamp(0, 5).long()
    return x, classes, clusters


def pairs_of(x, classes, clusters):
    """(distance, in one class, in one cluster) of each pair of points."""
    x, y, labels = x.numpy(), classes.tolist(), clusters.tolist()
    return [
        (float(np.linalg.norm(x[i] - x[j])), y[i] == y[j], labels[i] == labels[j])
        for i, j in itertools.combinations(range(len(x)), 2)
    ]


@pytest.mark.parametrize("seed", SEEDS)
def test_equal_to_scikit_learn(seed):
    """Guards the correction for chance, the logarithms, n - 1 in the silhouette, the degrees of freedom."""
    x, classes, clusters = drawn(seed)
    assert distance(x, classes, clusters) <= 1e-12
    y, labels = classes.numpy(), clusters.numpy()
    H_class, H_cluster = (theirs.mutual_info_score(each, each) for each in (y, labels))
    information = (H_class + H_cluster - 2 * theirs.mutual_info_score(y, labels)) / math.log(2)
    assert Agreement(classes, clusters).information() == pytest.approx(information)


@pytest.mark.parametrize("seed", SEEDS)
def test_external_indices_are_their_definitions(seed):
    """Guards which of false positives and false negatives stands where."""
    x, classes, clusters = drawn(seed)
    agreement = Agreement(classes, clusters)
    found = pairs_of(x, classes, clusters)
    in_class, in_cluster = (np.array([pair[place] for pair in found]) for place in (1, 2))
    true_pairs = (in_class & in_cluster).sum()
    assert agreement.jaccard() == pytest.approx(true_pairs / (in_class | in_cluster).sum())
    assert agreement.hubert() == pytest.approx(np.corrcoef(in_class, in_cluster)[0, 1])
    assert agreement.minkowski() == pytest.approx(math.sqrt((in_class != in_cluster).sum() / in_class.sum()))
    most = sum(classes[clusters == k].bincount().max().item() for k in clusters.unique())
    assert agreement.purity() == pytest.approx(most / len(x))


@pytest.mark.parametrize("seed", SEEDS)
def test_internal_indices_of_pairs_are_their_definitions(seed):
    """Guards minima and maxima, and that a pair counts once."""
    x, classes, clusters = drawn(seed)
    partition, found = Partition(x, clusters), pairs_of(x, classes, clusters)
    within, between = ([d for d, _, same in found if same is wanted] for wanted in (True, False))
    assert partition.dunn() == pytest.approx(min(between) / max(within))
    ordered = sorted(within + between)
    least, most = sum(ordered[: len(within)]), sum(ordered[-len(within) :])
    assert partition.c_index() == pytest.approx((sum(within) - least) / (most - least))
    signs = [np.sign(b - w) for w in within for b in between]
    assert partition.gamma() == pytest.approx(sum(signs) / np.abs(signs).sum())


@pytest.mark.parametrize("seed", SEEDS)
def test_internal_indices_of_centres_are_their_definitions(seed):
    """Guards weights by the sizes of clusters, and which distance is squared."""
    x, _, clusters = drawn(seed)
    partition, mean, N = Partition(x, clusters), x.mean(0), len(x)
    parts = [x[clusters == k] for k in clusters.unique()]
    centres, K = [part.mean(0) for part in parts], len(parts)
    away = [[(p - c).norm().item() for p in part] for part, c in zip(parts, centres, strict=True)]
    assert partition.cohesion() + partition.separation() == pytest.approx((x - mean).square().sum().item())
    cop = cs = 0.0
    for k, part in enumerate(parts):
        outside = torch.cat([other for j, other in enumerate(parts) if j != k])
        cop += sum(away[k]) / torch.cdist(outside, part).amax(1).min().item() / N
        cs += torch.cdist(part, part).amax(1).mean().item()
    nearest = [min((c - o).norm().item() for o in centres if o is not c) for c in centres]
    assert partition.cop() == pytest.approx(cop)
    assert partition.cs() == pytest.approx(cs / sum(nearest))
    bcd = sum(len(part) * (c - mean).norm().item() for part, c in zip(parts, centres, strict=True)) / (N * K)
    wcd = sum(np.mean(a) for a in away)
    assert partition.score_function() == pytest.approx(1 - 1 / math.exp(math.exp(bcd - wcd)))


@pytest.mark.parametrize("seed", SEEDS)
def test_s_dbw_is_its_definition(seed):
    """Guards that densities are counted in the two clusters of a pair alone, and the radius."""
    x, _, clusters = drawn(seed, 80)
    parts = [x[clusters == k] for k in clusters.unique()]
    centres, K = [part.mean(0) for part in parts], len(parts)
    norms = [part.var(0, correction=0).norm().item() for part in parts]
    radius, total = math.sqrt(sum(norms)) / K, 0.0
    for i, j in itertools.permutations(range(K), 2):
        both = torch.cat([parts[i], parts[j]])
        middle, *ends = (
            ((both - place).norm(dim=1) <= radius).sum().item()
            for place in ((centres[i] + centres[j]) / 2, centres[i], centres[j])
        )
        total += middle / max(*ends, 1)
    want = np.mean(norms) / x.var(0, correction=0).norm().item() + total / (K * (K - 1))
    assert Partition(x, clusters).s_dbw() == pytest.approx(want)


def test_random_labels_have_no_adjusted_rand_index_but_a_rand_index():
    """Guards E: without the correction chance looks like agreement."""
    random = torch.Generator().manual_seed(0)
    classes = torch.arange(400) % 4
    found = [Agreement(classes, torch.randint(4, (400,), generator=random)) for _ in range(50)]
    assert abs(np.mean([each.ari() for each in found])) < 0.003
    assert np.mean([each.rand() for each in found]) == pytest.approx(10 / 16, abs=0.005)
    plain = Agreement(classes, torch.randint(4, (400,), generator=random), corrected=False)
    assert plain.ari() == plain.rand()


def test_trivial_clusterings():
    """Purity rewards single points, recall of pairs one cluster, the adjusted Rand index neither."""
    x, classes, _ = drawn(0)
    single, one = torch.arange(len(x)), torch.zeros(len(x), dtype=torch.long)
    assert Agreement(classes, single).purity() == 1 and Agreement(classes, single).ari() == 0
    assert Agreement(classes, one).FN == 0 and Agreement(classes, one).ari() == 0
    assert Agreement(classes, (classes + 1) % 3).ari() == 1, "names do not matter"
    assert Agreement(one, one).ari() == 1 and Agreement(one, one).nmi() == 1
    for clusters in (single, one):
        assert distance(x, classes, clusters) <= 1e-12
        assert all(isinstance(index(Partition(x, clusters)), float) for index in INTERNAL.values())


def test_clusterings_are_spoiled_as_their_names_say():
    classes = torch.arange(80) % 4
    found = dict(spoiled(classes, torch.Generator().manual_seed(1)))
    aris = [Agreement(classes, found[name]).ari() for name in ("true", "10% random", "30% random", "60% random")]
    assert aris == sorted(aris, reverse=True) and aris[0] == 1
    counts = {name: len(found[name].unique()) for name in ("2 merged", "3 merged", "one", "2 a class", "4 a class")}
    assert list(counts.values()) == [3, 2, 1, 8, 16] and len(found["single"].unique()) == 80
    for name in ("2 a class", "4 a class", "single"):
        assert Agreement(classes, found[name]).purity() == 1


def test_the_table_keeps_what_was_shown():
    x, classes, _ = drawn(2)
    data = Dataset(Split(x.float(), classes), Split(x[:0].float(), classes[:0]), ("a", "b", "c"), "builtin", "", {})
    walk = build()(context(data))
    last = walk.at(walk.length)
    table = last.pictures[0].payload
    assert table["columns"] == ["index", "true", "random", "one", "single"]
    assert [row[0] for row in table["rows"]] == [*EXTERNAL, *INTERNAL]
    assert last.metrics["error"] <= 1e-9 and last.metrics["purity"] == 1
    assert walk.at(1).pictures[0].payload["columns"] == ["index", "true", "10% random"], "it rewinds"
