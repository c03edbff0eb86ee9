"""Skip-gram: its pairs, its scores and its loss by the formula, and the wrong twin."""

import pytest
import torch

from dltui.engine.data import sentences
from dltui.engine.probes import nearest_words
from dltui.engine.reading.sentences import END, PAD, SPECIAL
from dltui.engine.tasks.skipgram import WordVectors, build, neighbours, softmax_loss, surroundings, thinned
from dltui.errors import DltuiError
from tests.engine.conftest import context


@pytest.fixture(scope="module")
def data():
    return sentences.build(targets="groups", train_rows=300).builtin()


def made(data, **options):
    torch.manual_seed(0)
    return build(**options)(context(data))


def test_pairs_are_all_words_within_the_window_and_of_one_sentence():
    """Guards both sides of the window."""
    assert neighbours([[5, 6, 7], [8]], 1).tolist() == [[5, 6], [6, 5], [6, 7], [7, 6]]
    assert len(neighbours([[5, 6, 7, 8]], 9)) == 12


def test_surroundings_are_all_words_within_the_window_and_the_word_between_them():
    assert surroundings([[5, 6, 7], [8]], 1).tolist() == [[6, PAD, 5], [5, 7, 6], [6, PAD, 7]]
    assert surroundings([[5, 6, 7, 8]], 2)[1].tolist() == [5, 7, 8, PAD, 6]


def test_cbow_predicts_from_the_exact_mean_of_what_stands_beside(data):
    """Guards the padding: it counted among the neighbours, short sentences would have shorter means."""
    task = made(data, negatives=0, predicts="centre")
    with torch.no_grad():
        task.net.u.weight.normal_()
        task.net.v.weight.normal_()
        rows = torch.arange(9)
        total = 0.0
        for *beside, word in task.pairs[rows].tolist():
            mean = torch.stack([task.net.v.weight[other] for other in beside if other != PAD]).mean(0)
            total -= torch.sigmoid(task.net.u.weight[word] @ mean).log()
        torch.testing.assert_close(task.loss(rows), total / 9)
    assert task.size < made(data).size / 2


def test_the_softmax_is_over_all_words(data):
    task = made(data, scores="all")
    with torch.no_grad():
        task.net.u.weight.normal_()
        task.net.v.weight.normal_()
        pairs = task.pairs[:7]
        given, predicted = pairs.T
        p = (task.net.v(given) @ task.net.u.weight.T).exp()
        want = -(p[torch.arange(7), predicted] / p.sum(1)).log().mean()
        torch.testing.assert_close(softmax_loss(task.net, pairs), want)
        torch.testing.assert_close(task.loss(torch.arange(7)), want)


def test_vectors_of_n_grams_are_given_and_those_predicted_are_of_whole_words(data):
    task = made(data, ngrams=True)
    assert task.net.v.weight.shape[0] > task.net.u.weight.shape[0] == len(data.vocabularies[0])
    task.loss(torch.arange(7)).backward()
    again = WordVectors(**task.net.arguments)
    again.load_state_dict(task.net.state_dict())
    words = torch.arange(4, 9)
    torch.testing.assert_close(again.embed(words), task.net.embed(words))


def test_thinning_keeps_words_only_and_common_ones_as_often_as_told():
    torch.manual_seed(0)
    keep = torch.tensor([1.0, 1, 1, 1, 0.25, 1])
    kept = thinned(torch.tensor([[4, 5, END, PAD]]).expand(4000, -1), keep)
    assert all(set(words) <= {4, 5} for words in kept)
    assert sum(words.count(5) for words in kept) == 4000
    assert sum(words.count(4) for words in kept) / 4000 == pytest.approx(0.25, abs=0.03)


def test_the_loss_is_the_papers(data):
    """Guards the sign of the negative term: flipped, this differs."""
    task = made(data, negatives=3)
    with torch.no_grad():
        task.net.u.weight.normal_()
        task.net.v.weight.normal_()
        rows = torch.arange(7)
        torch.manual_seed(5)
        found = task.loss(rows)
        torch.manual_seed(5)
        drawn = torch.multinomial(task.noise, 21, replacement=True).view(7, 3)
    total = 0.0
    for (c, o), negatives in zip(task.pairs[rows].tolist(), drawn.tolist(), strict=True):
        v, u = task.net.v.weight[c], task.net.u.weight
        total -= torch.sigmoid(u[o] @ v).log() + sum(torch.sigmoid(-u[n] @ v).log() for n in negatives)
    torch.testing.assert_close(found, total / 7)


def test_negatives_are_drawn_by_the_power_of_the_count_and_never_a_sign(data):
    """Guards the power: by the bare count common words would be drawn too often."""
    task = made(data)
    counts = data.train.inputs.flatten().bincount(minlength=len(data.vocabularies[0])).float()
    first, second = len(SPECIAL), int(torch.where(counts > 1, counts, torch.inf).argmin())
    assert not task.noise[: len(SPECIAL)].any() and counts[first] > 20 * counts[second] > 0  # else all powers are alike
    torch.testing.assert_close(task.noise[first] / task.noise[second], (counts[first] / counts[second]) ** 0.75)


def test_without_negatives_the_vectors_turn_the_same_way(data):
    """The wrong twin: its loss falls to nothing while its vectors become alike; those of the right one part."""
    found = []
    for negatives in (5, 0):
        task = made(data, negatives=negatives)
        optimizer = torch.optim.Adam(task.net.parameters(), 0.01)
        for _ in range(300):
            optimizer.zero_grad()
            task.loss(torch.randint(task.size, (128,))).backward()
            optimizer.step()
        with torch.no_grad():
            found.append(task.evaluate() | nearest_words.build()(task).evaluate())
    right, twin = found
    assert twin["test_loss"] < 0.05 and twin["mean_cosine"] > 0.8 > 0.6 > right["mean_cosine"]
    assert right["hit_rate"] > 5 * right["chance"]


def test_scores_are_products_of_vectors_and_reach_only_words_taken_part():
    net = WordVectors(6, 4)
    with torch.no_grad():
        net.u.weight.normal_()
    scores = net(torch.tensor([1, 4]), torch.tensor([[0, 1, 2], [4, 3, 4]]))
    assert scores.shape == (2, 3)
    torch.testing.assert_close(scores[1, 1], net.v.weight[4] @ net.u.weight[3])
    scores.square().sum().backward()
    assert net.v.weight.grad.abs().sum(1).bool().tolist() == [False, True, False, False, True, False]
    assert net.u.weight.grad.abs().sum(1).bool().tolist() == [True] * 5 + [False]


def test_its_net_is_saved_with_the_run(data):
    nets = {}
    task = build()(context(data, nets))
    assert nets == {"model": task.net}


def test_it_wants_sentences(data):
    with pytest.raises(DltuiError, match="needs texts"):
        made(data._replace(vocabularies=()))
