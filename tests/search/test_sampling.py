"""A search that goes on tries what it would have tried in one go: values follow from the seed and a trial's place."""

import optuna
import pytest
from optuna.storages import InMemoryStorage

from dltui.search import study as sweep
from dltui.search.proposers import FREE
from dltui.search.space import parse
from dltui.search.study import give_up

WORDS = ("optimizer.lr=log:1e-4..1", "train.batch=16..256", "model.activation=relu|tanh")


def plan_of(sampler: str, *words: str, **options: object) -> sweep.Plan:
    spaces = tuple(map(parse, words or WORDS))
    return sweep.Plan("mlp-moons", {}, spaces, sweep.Goal("loss", False), sampler, **options)


def asked(study: optuna.Study, plan: sweep.Plan) -> optuna.Trial:
    trial = study.ask()
    for space in plan.spaces:
        sweep.suggested(trial, space)
    return trial


def tried(parts: list[int], sampler: str, seed: int = 0) -> list[dict]:
    """Values of the trials of a study that is opened anew for each part."""
    plan, kept = plan_of(sampler), InMemoryStorage()
    for count in parts:
        study = sweep.study_of(plan, "it", kept, seed)
        for _ in range(count):
            trial = asked(study, plan)
            study.tell(trial, trial.params["optimizer.lr"])
    return [trial.params for trial in study.trials]


@pytest.mark.parametrize("sampler", ["random", "tpe", *FREE])
def test_what_goes_on_tries_what_it_would_have_tried_in_one_go(sampler):
    """14 trials held 7 distinct values: the second half repeated the first."""
    whole = tried([14], sampler)
    assert whole == tried([7, 7], sampler) == tried([1] * 14, sampler) != tried([14], sampler, seed=1)
    assert len({trial["optimizer.lr"] for trial in whole}) == 14


@pytest.mark.parametrize("sampler", ["random", "tpe", "grid", *FREE])
def test_two_who_share_a_study_never_try_the_same(sampler):
    words = ("optimizer.lr=0.1|0.2|0.3", "train.batch=16..19") if sampler == "grid" else WORDS
    plan, kept = plan_of(sampler, *words), InMemoryStorage()
    both = [sweep.study_of(plan, "it", kept, 0) for _ in range(2)]
    for _ in range(6):
        for study, trial in [(study, asked(study, plan)) for study in both]:
            study.tell(trial, 1.0)
    assert len({tuple(sorted(trial.params.items())) for trial in both[0].trials}) == 12


@pytest.mark.parametrize("sampler", ["random", "tpe", "grid", *FREE])
def test_what_was_interrupted_is_made_again_once_and_the_rest_stays(sampler):
    """However often: each interrupt counted as a failure, and as many as trials were asked for ended the sweep."""
    words = ("optimizer.lr=0.1|0.2|0.3",) if sampler == "grid" else WORDS
    plan = plan_of(sampler, *words, trials=3)
    study = sweep.study_of(plan, "it", InMemoryStorage(), 0)
    for _ in range(4):
        give_up(study, plan, asked(study, plan))
    values = []
    while sweep.left(study, plan):
        trial = asked(study, plan)
        study.tell(trial, 1.0)
        values.append(trial.params)
    assert len(values) == 3 and values[0] == study.trials[0].params
    assert len({tuple(sorted(each.items())) for each in values}) == 3
    assert sweep.missing(study.trials, plan) == 0 and len(study.trials) == 7 == sweep.expected(study, plan)


@pytest.mark.parametrize("sampler", ["random", "tpe", "grid", *FREE])
def test_what_was_interrupted_before_its_values_were_written_down_tries_the_same(sampler):
    """A kill came between asking for the trial and for its first value: another value was tried in its place."""
    words = ("optimizer.lr=0.1|0.2|0.3", "train.batch=16..19") if sampler == "grid" else WORDS
    plan = plan_of(sampler, *words, trials=5)

    def values(interrupts: dict[int, int]) -> list[dict]:
        study, found = sweep.study_of(plan, "it", InMemoryStorage(), 0), []
        while sweep.left(study, plan):
            for _ in range(interrupts.get(len(found), 0)):
                give_up(study, plan, study.ask())
            trial = asked(study, plan)
            study.tell(trial, 1.0)
            found.append(trial.params)
        return found

    undisturbed = values({})
    assert len(undisturbed) == 5 and values({1: 1, 3: 2}) == undisturbed


def test_a_trial_too_many_is_known_by_who_asked_for_it():
    """Two processes see that one trial is due, and both ask."""
    plan = plan_of("random", trials=2)
    study = sweep.study_of(plan, "it", InMemoryStorage(), 0)
    assert [sweep.is_surplus(study, plan, study.ask()) for _ in range(3)] == [False, False, True]
    grid = plan_of("grid", "optimizer.lr=0.1|0.2")
    study = sweep.study_of(grid, "it", InMemoryStorage(), 0)
    assert [sweep.is_surplus(study, grid, study.ask()) for _ in range(3)] == [False, False, True]


def test_a_grid_of_more_combinations_than_a_memory_holds_is_gone_through_from_its_begin():
    plan = plan_of("grid", "train.seed=0..9999999999", "train.batch=16..9000000000", "optimizer.lr=0.1|0.2")
    study = sweep.study_of(plan, "it", InMemoryStorage(), 0)
    first = [asked(study, plan).params for _ in range(3)]
    assert plan.grid.count > 10**20 and plan.grid.at(plan.grid.count - 1)["train.batch"] == 9000000000
    assert [(one["optimizer.lr"], one["train.seed"], one["train.batch"]) for one in first] == [
        ("0.1", 0, 16), ("0.1", 1, 16), ("0.1", 2, 16),
    ]  # fmt: skip
    assert sweep.at_once(study, plan) > 1


@pytest.mark.parametrize("change", [{"changes": {"train.steps": 5}}, {"goal": sweep.Goal("loss", True)},
                                    {"goal": sweep.Goal("accuracy", False)}, {"recipe": "mlp-mnist"},
                                    {"spaces": (parse("optimizer.lr=0.1|0.2"),)}, {"sampler": "grid"}])  # fmt: skip
def test_a_study_of_something_else_is_not_gone_on_with(change):
    """Trials of other lengths, or of other choices, which Optuna refuses by a traceback, would be mixed."""
    kept, plan = InMemoryStorage(), plan_of("tpe", "optimizer.lr=0.1|0.3")
    sweep.study_of(plan, "it", kept, 0)
    with pytest.raises(sweep.DltuiError, match="searches for something else: its"):
        sweep.study_of(plan._replace(**change), "it", kept, 0)
    sweep.study_of(plan._replace(sampler="random", changes={"data.from": "/elsewhere"}, trials=50), "it", kept, 1)


def test_a_range_that_moves_in_a_sweep_that_goes_on_is_told():
    kept, wide, narrow = (
        InMemoryStorage(),
        plan_of("random"),
        plan_of("random", "optimizer.lr=log:0.1..0.2", *WORDS[1:]),
    )
    study = sweep.study_of(wide, "it", kept, 0)
    assert not list(sweep.moved_ranges(wide, study))
    asked(study, wide)
    assert not list(sweep.moved_ranges(wide, study))
    (told,) = sweep.moved_ranges(narrow, sweep.study_of(narrow, "it", kept, 0))
    assert told == "optimizer.lr was searched from 0.0001 to 1, now from 0.1 to 0.2; the earlier trials count"
