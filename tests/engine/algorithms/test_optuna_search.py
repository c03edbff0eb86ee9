"""Optuna's search: its trials are those of Optuna's own loop, what is pruned ends early, and it resumes."""

import math
from random import Random

import optuna
import pytest
import torch

from dltui.engine.algorithms import optuna_search
from dltui.engine.algorithms.optuna_search import BETWEEN, GUESSES, METRICS, REPORTS, SPACES, build
from dltui.engine.contracts.dataset import Dataset
from dltui.search.sampling import pruner_of, sampler_of
from tests.engine.conftest import blobs, context

FEW = 14


@pytest.fixture
def data() -> Dataset:
    return Dataset(blobs(60, 0), blobs(40, 1), ("low", "high"), "builtin", "blobs", {"inputs": 2, "classes": 2})


def made(data: Dataset, trials: int = FEW, steps: int = FEW, seed: int = 1, **options: object):
    search = build(trials=trials, **options)(context(data, seed=seed))
    for _ in range(steps):
        search.step()
    return search


@pytest.mark.parametrize(("sampler", "prune"), [("tpe", True), ("random", False)])
def test_its_trials_are_those_of_optunas_own_loop(data, sampler, prune):
    """Guards the study that is made anew for each trial: a value or a report that it lacks leads elsewhere."""
    search = made(data, sampler=sampler, prune=prune)

    def objective(trial: optuna.Trial) -> float:
        reported, net = search.objective(trial)
        if len(reported) < REPORTS:
            raise optuna.TrialPruned
        return net.error(search.rows.validation)

    study = optuna.create_study(sampler=sampler_of(sampler, None, 1, GUESSES), pruner=pruner_of(prune))
    study.optimize(objective, n_trials=FEW)
    for number, trial in enumerate(study.trials):
        assert search.setting(number) == trial.params
        assert (trial.state.name == "PRUNED") == bool(search.pruned[number])
        losses = search.losses[number]
        assert list(trial.intermediate_values.values()) == losses[losses.isfinite()].tolist()
    assert search.evaluate()["best"] == study.best_value


def test_resumed_it_tries_the_same(data):
    whole, half = made(data, prune=True), made(data, steps=7, prune=True)
    again = made(data, steps=0, prune=True)
    for name, buffer in half.named_buffers():
        setattr(again, name, buffer)
    for _ in range(FEW - 7):
        again.step()
    assert torch.equal(again.values, whole.values) and torch.equal(again.errors, whole.errors)


def test_what_is_pruned_costs_fewer_steps_and_has_no_part_in_the_best(data):
    search = made(data, prune=True)
    found, pruned = search.evaluate(), search.pruned
    assert 0 < found["pruned_trials"] == pruned.sum() < FEW
    assert found["steps_trained"] == BETWEEN * search.losses.isfinite().sum() < BETWEEN * REPORTS * FEW
    search.errors[pruned] = 0.0
    assert search.evaluate()["best"] == found["best"]
    assert made(data, sampler="random").evaluate()["steps_trained"] == BETWEEN * REPORTS * FEW


def test_the_late_median_is_of_the_newest_quarter(data):
    """Guards the claim that a search gets better: the median of all trials says nothing of it."""
    search = made(data, trials=8, steps=8)
    search.errors = torch.tensor([0.5] * 6 + [0.1, 0.3], dtype=torch.float64)
    assert search.evaluate()["late_median"] == pytest.approx(0.1)  # torch's median: the lower of two


def test_test_rows_judge_once_all_trials_are_made(data):
    search = made(data, steps=3)
    assert "test_error" not in search.evaluate() and not search.done
    ended = made(data)
    assert ended.done and set(ended.evaluate()) == set(METRICS)
    assert ended.evaluate()["test_error"] == ended.test_errors[ended.errors.argmin()]


def test_the_search_leaves_the_runs_random_numbers_alone(data):
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    made(data, steps=2)
    assert torch.equal(torch.rand(3), wanted)


def test_what_diverges_is_reported_as_a_great_loss(data):
    search = made(data, steps=0)
    net = optuna_search.Net(2, 3, 2, "relu", 0)
    with torch.no_grad():
        net.out.weight.fill_(math.nan)
    assert net.reported(search.rows.train) == optuna_search.WORST


def test_pruned_trials_are_told_apart_and_their_curves_end_early(data):
    search = made(data, prune=True)
    panes = {picture.pane: picture.payload for picture in search.pictures()}
    assert panes["trials"]["label"].tolist() == search.pruned.long().tolist()
    curves = [torch.tensor(curve["y"]).isfinite().sum().item() for curve in panes["newest curves"]["curves"]]
    assert curves == search.losses[-optuna_search.CURVES :].isfinite().sum(1).tolist() and min(curves) < REPORTS
    assert set(panes["importance"]["labels"]) == {space.key for space in SPACES}
    assert sum(panes["importance"]["values"]) == pytest.approx(1)


def test_values_lie_in_their_spaces(data):
    search = made(data, sampler="random", seed=Random(0).randrange(100))
    for number in range(FEW):
        for space in SPACES:
            value = search.setting(number)[space.key]
            assert value in space.choices if space.choices else space.low <= value <= space.high
    assert len({str(search.setting(number)) for number in range(FEW)}) == FEW
