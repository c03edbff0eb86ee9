"""A storage that goes away is waited for, and what was asked of it is done once, whether or not its answer came."""

import time

import optuna
import pytest
from optuna.exceptions import StorageInternalError, UpdateFinishedTrialError
from optuna.trial import TrialState
from sqlalchemy.exc import OperationalError

from dltui.errors import ExitStatus
from dltui.search import abandoned, reconnecting
from dltui.search.reconnecting import Reconnecting, StorageLost


class Failing:
    """A storage of Optuna's whose next calls of one name fail; `after` they were carried out, or before."""

    def __init__(self, name: str = "", times: int = 1, after: bool = False):
        self.inner, self.name, self.times, self.after = optuna.storages.InMemoryStorage(), name, times, after

    def __getattr__(self, name: str):
        found = getattr(self.inner, name)

        def call(*words, **more):
            if self.name not in (name, "any") or not self.times:
                return found(*words, **more)
            self.times -= 1
            if self.after:
                found(*words, **more)
            raise StorageInternalError("commit") from OperationalError("SELECT", {}, Exception("gone"))

        return call


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(reconnecting, "RETRY", 0.01)


def study_in(storage: Failing, said: list, **more) -> optuna.Study:
    """A study in the storage, before anything fails."""
    name, storage.name = storage.name, ""
    study = optuna.create_study(study_name="it", storage=Reconnecting(storage, "the storage", said.append, **more))
    storage.name = name
    return study


@pytest.mark.parametrize("after", [False, True])
def test_a_trial_is_made_once_whether_or_not_the_answer_was_lost(after):
    said = []
    study = study_in(Failing("create_new_trial", 1, after), said)
    trial = study.ask()
    assert [each.number for each in study.trials] == [trial.number] == [0]
    assert said[0].startswith("the storage does not answer; waiting up to 300 s for it: (builtins.Exception) gone")
    assert said[1].startswith("the storage answers again, after 0 s") and len(said) == 2


def test_a_trial_that_is_to_be_made_again_waits_once():
    study = study_in(Failing("create_new_trial", 2, after=True), [])
    study.enqueue_trial({"x": 1.0})
    assert [each.state for each in study.trials] == [TrialState.WAITING]
    assert study.ask().suggest_float("x", 0, 2) == 1.0


@pytest.mark.parametrize("after", [False, True])
def test_an_end_is_told_once_and_that_of_another_process_is_not_ours(after):
    storage = Failing("set_trial_state_values", 1, after)
    study = study_in(storage, [])
    trial = study.ask()
    study.tell(trial, 0.5)
    assert [(each.state, each.value) for each in study.trials] == [(TrialState.COMPLETE, 0.5)]
    trial = study.ask()
    storage.times, storage.after = 1, False
    storage.inner.set_trial_state_values(trial._trial_id, TrialState.FAIL)
    with pytest.raises(UpdateFinishedTrialError):
        study._storage.set_trial_state_values(trial._trial_id, TrialState.COMPLETE, [0.5])


def test_waiting_has_an_end_and_nothing_waits_after_it():
    """Else each trial that is given up would wait as long again."""
    study = study_in(Failing("any", 10**6), [], away=0.1)
    with pytest.raises(StorageLost, match="the storage has not answered for 0 s") as first:
        study.ask()
    began = time.monotonic()
    with pytest.raises(StorageLost) as second:
        study.set_user_attr("x", 1)
    assert second.value is first.value and time.monotonic() - began < 0.05


def test_an_interrupt_ends_waiting_with_its_status():
    study = study_in(Failing("any", 10**6), [], interrupted=lambda: ExitStatus.TERMINATED)
    with pytest.raises(StorageLost) as lost:
        study.ask()
    assert lost.value.status == ExitStatus.TERMINATED


def test_what_comes_back_with_other_studies_is_not_written_to():
    """A proxy that was started again with another file has a study of the same number, and of another name."""
    storage = Failing("any")
    study = study_in(storage, [])
    storage.inner = optuna.storages.InMemoryStorage()
    optuna.create_study(study_name="another", storage=storage.inner)
    with pytest.raises(StorageLost, match="came back without the sweep it"):
        study.ask()
    assert not storage.inner.get_all_trials(0)


def test_what_is_no_outage_is_raised_at_once():
    study = study_in(Failing(), [])
    with pytest.raises(KeyError):
        study._storage.get_trial(99)


def test_a_trial_whose_storage_was_away_is_not_taken_for_lost():
    """Its last sign of life is as old as the outage, and one interval of signs."""
    assert reconnecting.AWAY + abandoned.MARK < abandoned.SILENT / 1.5
