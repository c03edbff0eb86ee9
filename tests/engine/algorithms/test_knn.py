"""k nearest neighbours: k is chosen by folds that are held out, and nothing else has a say in it."""

import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from dltui.engine.algorithms.knn import METRICS, QUERIES, SHOWN, build, mislabelled
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.errors import DltuiError
from tests.engine.conftest import context

MOST = 9


def rows(count, seed):
    """Pictures 4x4 in three classes, each bright in a row of its own, so noisy that neighbours often err."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(count) % 3
    pictures = torch.rand(count, 1, 4, 4, generator=generator)
    pictures[torch.arange(count), 0, targets] += 0.3
    return Split((pictures / 1.3 * 255).byte(), targets)


def made(train=90, **options):
    torch.manual_seed(0)
    data = Dataset(rows(train, 0), rows(36, 1), ("a", "b", "c"), "builtin", "", {"inputs": 16, "classes": 3})
    return build(**{"max_k": MOST, **options})(context(data))


def test_the_score_of_every_k_is_that_of_the_rows_outside_its_fold():
    """Guards the folds: a row that may ask its own fold scores higher."""
    knn = made(label_noise=0.2)
    x, y = knn.train_pictures.flatten(1).double().numpy(), knn.given.numpy()
    for k in (1, 3, 8):
        scores = []
        for fold in range(5):
            held = (knn.fold == fold).numpy()
            scores.append(KNeighborsClassifier(k).fit(x[~held], y[~held]).score(x[held], y[held]))
        assert knn.at(k).pictures[1].payload["curves"][0]["y"][k - 1] == pytest.approx(sum(scores) / 5)


def test_neighbours_and_votes_are_those_of_all_training_rows():
    knn = made(label_noise=0.2)
    model = KNeighborsClassifier(3).fit(knn.train_pictures.flatten(1).double().numpy(), knn.given.numpy())
    queries = knn.test_pictures.flatten(1).double().numpy()
    assert knn.near[:, :3].tolist() == model.kneighbors(queries, return_distance=False).tolist()
    assert knn.predicted[2].tolist() == model.predict(queries).tolist()


def test_the_best_of_those_tried_is_chosen():
    knn = made(label_noise=0.2)
    scores = knn.cv_accuracy.tolist()
    assert knn.at(0).metrics == {} and knn.best(0) == 1
    for step in range(1, knn.length + 1):
        values = knn.at(step).metrics
        tried = scores[: min(step, MOST)]
        assert values["cv_accuracy"] == max(tried) and values["k"] == tried.index(max(tried)) + 1
        assert ("accuracy" in values) == (step >= MOST)  # the test is for afterwards
    right = knn.predicted[int(values["k"]) - 1] == knn.test_true
    assert values["accuracy"] == right.double().mean() and set(values) == set(METRICS)


def test_a_row_that_may_ask_itself_is_right_whatever_it_is_called():
    knn = made(label_noise=0.5)
    assert (knn.given != knn.train_true).float().mean() == 0.5
    values = knn.at(1).metrics
    assert values["train_accuracy"] == 1 > values["cv_accuracy"]


def test_wrong_labels_are_wrong_and_as_many_as_asked_for():
    targets = torch.arange(300) % 3
    changed = mislabelled(targets, 0.25, 3)
    assert (changed != targets).sum() == 75 and set(changed.tolist()) == {0, 1, 2}
    assert torch.equal(mislabelled(targets, 0.0, 3), targets)


def test_as_many_neighbours_are_shown_as_are_asked():
    knn = made(label_noise=0.3)
    picture, curves = (picture.payload for picture in knn.at(2).pictures)
    captions = [picture["captions"][row * (1 + SHOWN) :][: 1 + SHOWN] for row in range(QUERIES)]
    assert [sum(map(bool, row)) for row in captions] == [3, 3, 3]
    row = knn.pool[2 * QUERIES]
    assert picture["pixels"][:4, :4] / 255 == pytest.approx(knn.test_pictures[row, 0].numpy())
    assert picture["pixels"][:4, 4:8] / 255 == pytest.approx(knn.train_pictures[knn.near[row, 0], 0].numpy())
    first = knn.near[row, 0]
    true, given = "abc"[knn.train_true[first]], "abc"[knn.given[first]]
    assert captions[0][1] == (true if true == given else f"{true} as {given}")
    assert [curve["name"] for curve in curves["curves"]] == ["held-out folds", "training rows"]


def test_the_test_is_opened_once_every_k_was_tried():
    values, pictures = made().at(MOST)
    *_, stroke = pictures[1].payload["curves"]
    assert stroke["y"] == [values["accuracy"]] * 2 and sum(stroke["x"]) / 2 == pytest.approx(values["k"])


def test_every_doubtful_picture_is_shown_with_the_best_k_in_the_end():
    knn = made(label_noise=0.3)
    shown = [knn.at(step).pictures[0].payload for step in range(MOST, knn.length + 1)]
    assert len({picture["pixels"][:4, :4].tobytes() for picture in shown}) > len(knn.pool) // QUERIES // 2
    assert {picture["title"] for picture in shown} == {f"k = {knn.best(MOST)}: test, then nearest"}


def test_rows_of_numbers_are_refused(data):
    with pytest.raises(DltuiError, match="needs pictures"):
        build()(context(data))
