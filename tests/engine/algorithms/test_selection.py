"""Wrappers: greedy steps are scikit-learn's, and breeding finds what greed misses."""

import torch
from sklearn.feature_selection import SequentialFeatureSelector
from sklearn.model_selection import LeaveOneOut as EachOut
from sklearn.neighbors import KNeighborsClassifier

from dltui.engine.algorithms import genetic_selection, sfs
from dltui.engine.metrics.nearest_neighbours import K, LeaveOneOut
from dltui.engine.results import subset


def table(rows: int = 60, D: int = 6, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(0, 3, (rows,), generator=generator)
    x = torch.randn(rows, D, generator=generator)
    x[:, 1] += y
    x[:, 4] -= 1.5 * (y == 1)
    return x, y


def test_forward_steps_are_those_of_scikit_learn():
    """Guards the choice of a step: the column that helps most, not least."""
    x, y = table()
    ours = sfs.SFS(LeaveOneOut(x, y), 6)
    for _ in range(6):
        ours.step()
    assert ours.done and int(ours.evaluations) == 21
    for size in (1, 2, 4):
        theirs = SequentialFeatureSelector(KNeighborsClassifier(K), n_features_to_select=size, cv=EachOut())
        assert ours.sets[size].tolist() == theirs.fit(x.numpy(), y.numpy()).get_support().tolist()


def test_the_best_set_on_the_way_is_chosen_not_the_last():
    def score(bits):  # the second column only
        return bits[:, 1].double() - 0.1 * bits.double().sum(1)

    ours = sfs.SFS(score, 4)
    assert ours.worth[0] == 0 and ours.worth[1:].isnan().all()
    for _ in range(4):
        ours.step()
    assert subset.chosen(ours).tolist() == [False, True, False, False]


def parity(bits):
    """Worth something only where the first two are both in; every other column costs a little."""
    first, second, third, *others = bits.double().unbind(1)
    return first * second + 0.01 * third - 0.02 * sum(others) - 0.005 * (first - second).abs()


def test_breeding_finds_a_pair_that_greed_takes_last():
    """Guards the tournament: parents that lose it breed the worst sets."""
    torch.manual_seed(0)
    bred = genetic_selection.GeneticSelection(parity, 20, 30, 3, 1.0, 2)
    first = bred.evaluate()
    for _ in range(40):
        bred.step()
    assert subset.chosen(bred).tolist() == [True] * 3 + [False] * 17
    assert bred.evaluate()["mean_score"] > first["mean_score"] + 0.5
    assert int(bred.evaluations) == 30 * 41
    greedy = sfs.SFS(parity, 20)
    greedy.step()
    assert greedy.sets[1].nonzero().tolist() == [[2]]


def test_the_best_set_is_never_lost():
    torch.manual_seed(1)
    bred = genetic_selection.GeneticSelection(parity, 20, 10, 2, 6.0, 1)
    best = []
    for _ in range(30):
        best.append(bred.worth[0].item())
        bred.step()
    assert best == sorted(best)
    assert torch.equal(bred.worth, bred.worth.sort(descending=True).values)


def test_without_crossover_of_unlike_parents_and_without_mutation_nothing_new_comes():
    torch.manual_seed(2)
    bred = genetic_selection.GeneticSelection(parity, 8, 6, 2, 0.0, 1)
    bred.sets = bred.sets[:1].repeat(6, 1)
    before = bred.sets.clone()
    bred.step()
    assert torch.equal(bred.sets, before)


def test_a_child_takes_bits_from_both_parents():
    """Guards the crossover: copies of one parent, a little flipped, still find small sets, only later."""
    torch.manual_seed(0)
    bred = genetic_selection.GeneticSelection(lambda bits: torch.zeros(len(bits)).double(), 8, 40, 1, 0.0, 0)
    left = torch.arange(8) < 4
    bred.sets = torch.where(torch.arange(40)[:, None] % 2 == 0, left, ~left)
    bred.step()
    mixed = (bred.sets != left).any(1) & (bred.sets == left).any(1)
    assert mixed.float().mean() > 0.25  # half of the pairs are unlike
