"""Kleinberg's wishes: single linkage is scipy's, each rule keeps on random distances what it is said to keep."""

import numpy as np
import pytest
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

from dltui.engine.algorithms import kleinberg

RULES = ("count", "distance", "scale", "kmeans")


def random_distances(seed: int, count: int = 12) -> np.ndarray:
    d = np.random.default_rng(seed).uniform(0.1, 3, (count, count))
    d = (d + d.T) / 2
    np.fill_diagonal(d, 0)
    return d


def changed(d: np.ndarray, labels: np.ndarray, seed: int, most: float = 4.0) -> np.ndarray:
    """Distances that are shorter within clusters and longer between them, each by its own share, up to `most`."""
    random = np.random.default_rng(seed)
    shrink, grow = random.uniform(0.2, 1, d.shape), random.uniform(1, most, d.shape)
    share = np.where(labels[:, None] == labels, shrink, grow)
    return d * np.triu(share) + d * np.triu(share, 1).T


@pytest.mark.parametrize("seed", range(5))
def test_single_linkage_is_scipys(seed):
    """Guards both ways to stop: a merge too many, or a length that is not reached, are other clusters."""
    d = random_distances(seed)
    Z = linkage(squareform(d), "single")
    for k in (1, 2, 5, 12):
        theirs = kleinberg.numbered(fcluster(Z, k, "maxclust"))
        assert np.array_equal(kleinberg.single_linkage(d, k=k), theirs)
    for r in (0.05, 0.4, 0.8, 5):
        assert np.array_equal(kleinberg.single_linkage(d, r=r), kleinberg.numbered(fcluster(Z, r, "distance")))


@pytest.mark.parametrize("seed", range(20))
def test_what_each_rule_keeps_it_keeps_on_random_distances(seed):
    """Guards the rules: the theorem's own proofs hold for these, not for the twin below."""
    d = random_distances(seed)
    for factor in (0.01, 7.0):
        assert np.array_equal(kleinberg.single_linkage(factor * d, k=3), kleinberg.single_linkage(d, k=3))
        some = [kleinberg.single_linkage(f * d, r=0.3 * f * d.max()) for f in (1, factor)]
        assert np.array_equal(*some)
    for stop in ({"k": 3}, {"r": 0.7}):
        labels = kleinberg.single_linkage(d, **stop)
        after = changed(d, labels, seed)
        assert kleinberg.permitted(d, after, labels)
        assert np.array_equal(kleinberg.single_linkage(after, **stop), labels)


def test_complete_linkage_is_not_consistent():
    """Guards the choice of single linkage: a twin by the greatest distance breaks the wish that it is to keep."""

    def complete(d):
        return kleinberg.numbered(fcluster(linkage(squareform(d), "complete"), 3, "maxclust"))

    kept = []
    for seed in range(20):
        d = random_distances(seed)
        kept.append(np.array_equal(complete(changed(d, complete(d), seed, most=1.0)), complete(d)))
    assert not all(kept)


def test_a_change_the_other_way_round_is_not_permitted():
    d, labels = random_distances(0), np.arange(12) % 3
    within = labels[:, None] == labels
    assert kleinberg.permitted(d, np.where(within, 0.5 * d, 2 * d), labels)
    assert not kleinberg.permitted(d, np.where(within, 2 * d, 2 * d), labels)
    assert not kleinberg.permitted(d, np.where(within, 0.5 * d, 0.5 * d), labels)


@pytest.mark.parametrize(("count", "bell"), [(1, 1), (3, 5), (5, 52)])
def test_divisions_are_all_of_them(count, bell):
    found = list(kleinberg.divisions(count))
    assert len({tuple(one) for one in found}) == len(found) == bell
    assert all(np.array_equal(kleinberg.numbered(np.array(one)), one) for one in found)


@pytest.fixture(scope="module")
def walks():
    return {rule: kleinberg.build(rule=rule)(None) for rule in RULES}


@pytest.mark.parametrize(
    ("rule", "broken"),
    [("count", {"richness"}), ("distance", {"scale_invariance"}), ("scale", {"consistency"}),
     ("kmeans", {"richness", "consistency"})],
)  # fmt: skip
def test_each_rule_breaks_what_the_theorem_says_and_nothing_else(walks, rule, broken):
    last = walks[rule].at(walks[rule].length).metrics
    assert {wish for wish, share in last.items() if share < 1} == broken and set(last) == set(kleinberg.METRICS)


@pytest.mark.parametrize("rule", ["count", "kmeans"])
def test_both_moves_are_permitted_for_two_clusters(walks, rule):
    """Guards the breach of k-means: it counts only if no distance within shrank the wrong way."""
    assert all(scene.granted is not None for scene in walks[rule].scenes)


def test_the_last_scene_of_k_means_is_a_breach_by_its_own_measure():
    """The new clusters have less inertia than the old ones, which were best before: no unlucky start."""

    def inertia(x, labels):
        return sum(((x[labels == c] - x[labels == c].mean(0)) ** 2).sum() for c in range(2))

    scenes = kleinberg.build(rule="kmeans")(None).scenes
    first, last = scenes[0], scenes[-1]
    assert last.granted is False
    assert inertia(last.x, last.labels) < inertia(last.x, first.labels)
    assert inertia(first.x, first.labels) < inertia(first.x, last.labels)


def test_the_frame_of_the_picture_stands_still_while_a_wish_is_tried(walks):
    """Guards what is to be seen: points that shrink would look the same in a picture that shrinks with them."""
    walk = walks["distance"]
    drawn = {}
    for step, scene in enumerate(walk.scenes, start=1):
        points = walk.at(step).pictures[0].payload
        left, right, bottom, top = kleinberg.FRAMES[scene.wish]
        assert points["x"].max() <= right + 1 and points["x"].min() >= left - 0.2
        assert points["y"].max() <= top + 0.1 and points["y"].min() >= bottom - 0.1
        drawn.setdefault(scene.wish, set()).add((left, right))
    assert all(len(frames) == 1 for frames in drawn.values())
