"""Permutation importance equals scikit-learn's, given its permutations; a shuffle keeps a column's values."""

import numpy as np
import pytest
import torch
from sklearn.inspection import permutation_importance as theirs
from sklearn.tree import DecisionTreeClassifier

from dltui.engine.algorithms import permutation_importance as ours
from dltui.engine.data import planted
from tests.engine.conftest import context

R = 6


@pytest.fixture
def table():
    random = np.random.default_rng(0)
    y = random.integers(0, 3, 200)
    x = random.standard_normal((200, 4))
    x[:, 1] += 2 * y
    return x[:100], y[:100], x[100:], y[100:]


def permutations_of_scikit_learn(x: np.ndarray, seed: int) -> list[np.ndarray]:
    """R tables of the columns as `permutation_importance(random_state=seed)` shuffles them."""
    seed_of_columns = np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1)
    values = np.repeat(x[None], R, 0)
    for column in range(x.shape[1]):
        random, order, shuffled = np.random.RandomState(seed_of_columns), np.arange(len(x)), x[:, column].copy()
        for repeat in range(R):
            random.shuffle(order)
            shuffled = shuffled[order]
            values[repeat, :, column] = shuffled
    return list(values)


def test_importances_are_those_of_scikit_learn(table):
    """Guards the sign, L(D_i) - L(D): turned round, the best column would look the worst. And that others stay."""
    x, y, held_x, held_y = table
    model = DecisionTreeClassifier(random_state=0).fit(x, y)
    want = theirs(model, held_x, held_y, n_repeats=R, random_state=7, scoring="accuracy")
    got = [
        ours.importances(model, held_x, held_y, values).mean(0) for values in permutations_of_scikit_learn(held_x, 7)
    ]
    assert np.allclose(np.stack(got, 1), want.importances)
    assert want.importances_mean.argmax() == 1


def test_only_one_column_is_replaced_in_each_copy():
    x, values = np.arange(6.0).reshape(2, 3), -np.ones((2, 3))
    copies = ours.replaced(x, values)
    for i in range(3):
        assert (copies[i, :, i] == -1).all()
        others = np.arange(3) != i
        assert (copies[i][:, others] == x[:, others]).all()


def made(**options):
    torch.manual_seed(0)
    data = planted.build(rows=600, rise=1, skew=1, bump=0, wide=0, noise=4).builtin()
    return ours.build(**options)(context(data))


def test_a_shuffle_keeps_the_values_of_each_column_and_noise_does_not():
    """Guards the axis: shuffled along the rows' other axis, values would come from other columns."""
    shuffled, drawn = made(), made(replacement="noise")
    assert np.allclose(np.sort(shuffled._values(), 0), np.sort(shuffled.x, 0))
    assert shuffled.evaluate()["moment_change"] < 1e-12 < 0.01 < drawn.evaluate()["moment_change"]


def test_rows_are_held_out_of_the_training_rows_and_the_standard_error_is_that_of_the_rows():
    algorithm, learned = made(), made(rows="train")
    assert len(algorithm.x) == 144 and len(algorithm.train[1]) == 336 == len(learned.x)
    assert learned.evaluate()["error"] < algorithm.evaluate()["error"]
    for _ in range(5):
        algorithm.step()
    mean, s = algorithm.importance()
    assert torch.allclose(mean, algorithm.drops.mean(0)) and algorithm.drops.shape == (6, 6)
    assert torch.allclose(s, (algorithm.of_rows / 6).std(0) / 12)
    found = algorithm.evaluate()
    assert set(found) <= set(ours.METRICS) and found["planted_on_top"] == 1


def test_pictures_have_the_most_important_column_first():
    algorithm = made()
    bars, strips = (picture.payload for picture in algorithm.pictures())
    assert list(bars["values"]) == sorted(bars["values"], reverse=True) and "±" in bars["labels"][0]
    assert len(strips["x"]) == 6
