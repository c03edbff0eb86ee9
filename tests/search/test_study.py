"""How many trials are asked for at once: as many as can be one batch, as few as cost TPE nothing it would learn."""

import pytest
from optuna.storages import InMemoryStorage

from dltui.search import study as sweep
from dltui.search.space import parse

RATE = "optimizer.lr=log:1e-4..1"
TEN = "optimizer.lr=" + "|".join(f"0.{n}" for n in range(1, 11))


def asked(*words: str, most: int = 20, **options: object) -> list[int]:
    """Sizes of what is asked for, one after the other, until no trial is due."""
    plan = sweep.Plan("mlp-moons", {}, tuple(map(parse, words)), sweep.Goal("loss", False), trials=most, **options)
    study = sweep.study_of(plan, "it", InMemoryStorage(), 0)
    sizes = []
    while size := sweep.at_once(study, plan):
        sizes.append(size)
        trials = [study.ask() for _ in range(size)]
        for number, trial in enumerate(trials):
            for space in plan.spaces:
                sweep.suggested(trial, space)
            study.tell(trial, float(number))
    return sizes


def test_tpe_learns_after_its_guesses_from_every_five():
    assert asked(RATE) == [10, 5, 5]
    assert asked(RATE, most=30) == [10, 5, 5, 5, 5]
    assert asked(RATE, "train.seed=0..9", most=12) == [6, 6]
    assert asked(RATE, most=3) == [1, 1, 1]


def test_what_does_not_learn_takes_equal_parts():
    assert asked(RATE, sampler="random") == [10, 10]
    assert asked(RATE, sampler="random", most=13) == [7, 6]


def test_a_grid_is_cut_where_the_architecture_changes():
    """Guards a batch whose last trials were of another architecture, too few to be one themselves."""
    assert asked(TEN, "model.hidden=[4]|[8]", sampler="grid") == [10, 10]
    assert asked("optimizer.lr=0.1|0.2|0.3|0.4|0.5", "model.hidden=[4]|[8]|[16]", sampler="grid") == [5, 5, 5]
    assert asked("optimizer.lr=0.1|0.2", "model.hidden=[4]|[8]", sampler="grid") == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["model.hidden=[4]|[8]"], {}),
        ([RATE, "train.batch=16..256"], {}),
        ([RATE, "model.activation=relu|tanh|gelu"], {}),
        ([RATE], {"prune": True}),
        ([RATE], {"together": 1}),
    ],
)
def test_trials_that_would_not_be_alike_or_must_not_wait_are_asked_for_one_by_one(words, options):
    assert asked(*words, most=6, **options) == [1] * 6


def test_what_was_asked_for_is_kept_to_and_workers_share():
    assert asked(RATE, together=8) == [8, 8, 4]
    assert asked(RATE, workers=4, sampler="random") == [5, 5, 5, 5]
    assert asked(RATE, "model.activation=relu|tanh") == [10, 5, 5]


def test_the_seed_decides_what_a_batch_tries():
    def values(seed: int) -> list[dict]:
        plan = sweep.Plan("mlp-moons", {}, (parse(RATE),), sweep.Goal("loss", False))
        study = sweep.study_of(plan, "it", InMemoryStorage(), seed)
        for _ in range(3):
            batch = [study.ask() for _ in range(8)]
            rates = [sweep.suggested(trial, plan.spaces[0]) for trial in batch]
            for trial, rate in zip(batch, rates, strict=True):
                study.tell(trial, rate)
        return [trial.params for trial in study.trials]

    assert values(3) == values(3) != values(4)
