"""What is read from a tree is scikit-learn's importance and a walk through it; a shuffle asks rows outside its bag."""

import numpy as np
import pytest
import torch
from sklearn.tree import DecisionTreeClassifier

from dltui.engine.algorithms import forest_importance as ours
from dltui.engine.data import planted
from tests.engine.conftest import context


@pytest.fixture
def tree():
    random = np.random.default_rng(0)
    x = random.standard_normal((150, 4))
    y = (x[:, 0] + x[:, 1] * x[:, 2] + random.standard_normal(150) > 0).astype(int)
    return DecisionTreeClassifier(random_state=0).fit(x, y)


def walked(tree, node: int = 0, depth: int = 0):
    """(column, depth) of every split."""
    if tree.children_left[node] >= 0:
        yield tree.feature[node], depth
        for child in (tree.children_left[node], tree.children_right[node]):
            yield from walked(tree, child, depth + 1)


def test_a_tree_is_read_as_scikit_learn_and_a_walk_read_it(tree):
    """Guards the weights of impurity, and depths counted from 0 at the root."""
    count, depth, impurity = ours.read(tree.tree_, 4)
    assert np.allclose(impurity / impurity.sum(), tree.feature_importances_)
    splits = list(walked(tree.tree_))
    assert count.tolist() == [sum(column == of for column, _ in splits) for of in range(4)]
    assert np.allclose(depth, [sum(0.5**deep for column, deep in splits if column == of) for of in range(4)])
    assert ours.depths(tree.tree_).max() == tree.get_depth()


def grown(trees: int = 12, **options):
    torch.manual_seed(0)
    data = planted.build(rows=600, rise=1, skew=1, bump=0, wide=0, binary=1, noise=5).builtin()
    forest = ours.build(trees=trees, **options)(context(data))
    while not forest.done:
        forest.step()
    return forest


def test_noise_is_near_zero_on_rows_that_the_trees_have_not_seen_and_far_above_on_those_they_have():
    """Guards the bag: shuffled among its own rows, a tree grown to the end needs each column that it used."""
    outside, inside = grown(), grown(rows="in_bag")
    noise = ~outside.planted
    assert outside.scores()["permutation"][noise].abs().max() < 0.02
    assert inside.scores()["permutation"][noise].min() > 0.02
    assert set(outside.evaluate()) <= set(ours.METRICS) and outside.evaluate()["accuracy"] > 0.6


def test_the_binary_column_is_split_at_most_once_on_a_path_and_shallow_trees_do_without_noise():
    deep, shallow = grown(), grown(max_depth=1)
    binary = deep.x[:, (deep.scores()["count"]).argmin()]
    assert len(np.unique(binary)) == 2
    assert deep.evaluate()["impurity_noise_above"] == 5
    assert shallow.scores()["count"].sum().item() == pytest.approx(1)  # one split a tree


def test_a_class_that_a_bag_lacks_gets_no_votes_from_its_tree():
    x, y = torch.randn(9, 2), torch.tensor([0] * 8 + [2])
    for seed in range(4):
        torch.manual_seed(seed)
        forest = ours.ForestImportance(x, y, x, y, 2, 0, "out_of_bag", torch.tensor([], dtype=torch.bool))
        assert forest.votes.shape == (9, 3) and forest.votes.sum(1).allclose(torch.ones(9).double())
        assert not forest.votes[:, 1].any()
