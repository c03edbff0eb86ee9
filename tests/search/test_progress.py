"""How a sweep stands: states, values so far from the logs of its runs, and how long it will take."""

import pytest
from optuna.storages import InMemoryStorage
from optuna.trial import TrialState

from dltui.runs import run as runs
from dltui.runs.events import EventLog
from dltui.search import study as sweep
from dltui.search.progress import Follower
from dltui.search.space import parse

RATE = "optimizer.lr=log:1e-4..1"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def plan() -> sweep.Plan:
    return sweep.Plan("mlp-moons", {}, (parse(RATE),), sweep.Goal("net.accuracy", True), trials=4)


@pytest.fixture
def study(plan):
    return sweep.study_of(plan, "it", InMemoryStorage(), 0)


def asked(study, plan):
    trial = study.ask()
    sweep.suggested(trial, plan.spaces[0])
    return trial


def begun(trial, *series: str, variant: str = "") -> EventLog:
    """The log of a run that a trial is in, of 100 steps."""
    run = runs.create("mlp-moons", "", {})
    trial.set_user_attr("run", run.id)
    trial.set_user_attr("variant", variant)
    log = EventLog(run.log)
    log.write("started", steps=100, step=0, series=list(series))
    return log


def test_states_look_different_and_only_those_that_count_are_counted(home, study, plan):
    for state, value in ((TrialState.COMPLETE, 0.5), (TrialState.FAIL, None)):
        study.tell(asked(study, plan), value, state=state)
    pruned = asked(study, plan)
    pruned.report(0.3, 10)
    pruned.report(0.4, 20)
    study.tell(pruned, state=TrialState.PRUNED)
    sweep.give_up(study, plan, asked(study, plan))
    asked(study, plan)
    stands = Follower(study, plan, "it").read()
    states = [trial.state for trial in stands.trials]
    assert states == ["done", "failed", "pruned", "interrupted", "running"]
    assert [trial.value for trial in stands.trials[:3]] == [0.5, None, 0.4]
    assert (stands.ended, stands.wanted, stands.best.number) == (2, 4, 1)


def test_what_runs_tells_its_step_and_its_value_so_far(home, study, plan):
    """Each trial of a batch has its own series in the run that it shares."""
    trials = [asked(study, plan) for _ in range(3)]
    log = begun(trials[0], "line", "net")
    log.write("scalars", series="net", step=[10, 20], values={"accuracy": [0.5, 0.6]})
    log.write("scalars", series="line", step=[20], values={"accuracy": [0.9]})
    batch = begun(trials[1], "trial-02-net", "trial-03-net", variant="trial-02")
    trials[2].set_user_attr("run", trials[1].user_attrs["run"])
    trials[2].set_user_attr("variant", "trial-03")
    for name, value in (("trial-02-net", 0.7), ("trial-03-net", 0.8)):
        batch.write("scalars", series=name, step=[50], values={"accuracy": [value]})
    follower = Follower(study, plan, "it")
    assert [(one.value, one.step, one.steps) for one in follower.read().trials] == [
        (0.6, 20, 100),
        (0.7, 50, 100),
        (0.8, 50, 100),
    ]
    log.write("scalars", series="net", step=[30], values={"accuracy": [0.65]})
    assert follower.read().trials[0].value == 0.65
    for each in (log, batch):
        each.close()


def test_time_left_counts_what_was_made_here_and_the_part_of_what_runs(home, study, plan):
    study.tell(asked(study, plan), 0.5)
    clock = Clock()
    follower = Follower(study, plan, "it", clock=clock)
    clock.now = 8.0
    assert follower.read().left is None, "nothing has been made since it was begun again"
    study.tell(asked(study, plan), 0.6)
    assert follower.read().left == pytest.approx(16)
    log = begun(asked(study, plan), "net")
    log.write("scalars", series="net", step=[50], values={"accuracy": [0.5]})
    log.close()
    assert follower.read().left == pytest.approx(8.0 / 1.5 * 1.5)


def test_the_best_is_the_least_where_less_is_better(home):
    plan = sweep.Plan("mlp-moons", {}, (parse(RATE),), sweep.Goal("net.test_loss", False), trials=4)
    study = sweep.study_of(plan, "it", InMemoryStorage(), 0)
    for value in (0.5, 0.2, 0.3):
        study.tell(asked(study, plan), value)
    assert Follower(study, plan, "it").read().best.number == 2
