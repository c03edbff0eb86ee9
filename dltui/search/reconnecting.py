"""A storage that may go away for a while: calls wait until it is back, and what they do is done once."""

import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from dltui.errors import DltuiError, ExitStatus
from dltui.search import grpc_proxy

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial, TrialState

AWAY = 300.0  # seconds for which a storage may be away; less than `abandoned.SILENT`, or trials were taken for lost
RETRY = 0.5  # seconds between two calls
TOKEN = "call"  # the attribute of a trial by which the call that made it is known


class StorageLost(DltuiError):
    """The storage did not come back, or is another one now: nothing more can be told to it."""


def is_lost_database(error: Exception) -> bool:
    """Whether Optuna could not reach a database, or not get its turn there."""
    from optuna.exceptions import StorageInternalError
    from sqlalchemy.exc import InterfaceError, OperationalError

    return isinstance(error, StorageInternalError) and isinstance(error.__cause__, InterfaceError | OperationalError)


class Reconnecting:
    """Takes the place of an Optuna storage, whose calls it makes.

    Where the storage is away, a call is made again until it is answered, AWAY seconds at the most; then, and where the
    storage that came back holds other studies, it raises StorageLost, and each later call does so at once. A call that
    the storage may have carried out before it went is looked up first: no trial is made or ended twice.
    """

    def __init__(
        self,
        storage: "optuna.storages.BaseStorage",
        name: str,
        tell: Callable[[str], None] = lambda text: None,
        interrupted: Callable[[], ExitStatus] = lambda: ExitStatus.OK,
        away: float = AWAY,
    ):
        """name: how the storage is called in what is told. interrupted: the status of a Ctrl-C, which ends waiting."""
        self._storage, self._name, self._interrupted, self.away = storage, name, interrupted, away
        self.tell = tell
        self._studies: dict[int, str] = {}  # that were asked for
        self._lost: StorageLost | None = None

    def __getattr__(self, name: str) -> object:
        if name.startswith("__") or name == "_storage":  # asked for by copy, before there is anything
            raise AttributeError(name)
        found = getattr(self._storage, name)
        return partial(self._call, found) if callable(found) else found

    def get_study_id_from_name(self, study_name: str) -> int:
        """As Optuna's. Raises KeyError where there is none."""
        study = self._call(self._storage.get_study_id_from_name, study_name)
        self._studies[study] = study_name
        return study

    def create_new_trial(self, study_id: int, template_trial: "FrozenTrial | None" = None) -> int:
        """As Optuna's. A trial bears the mark of its call, by which it is found where the answer was lost."""
        from optuna.trial import TrialState, create_trial

        template = template_trial or create_trial(state=TrialState.RUNNING)
        token = uuid.uuid4().hex
        template.set_user_attr(TOKEN, token)
        make = partial(self._storage.create_new_trial, study_id, template)

        def found_or_made() -> int:
            for trial in self._storage.get_all_trials(study_id, deepcopy=False):
                if trial.user_attrs.get(TOKEN) == token:
                    return trial._trial_id
            return make()

        return self._call(make, again=found_or_made)

    def set_trial_state_values(self, trial_id: int, state: "TrialState", values: Sequence[float] | None = None) -> bool:
        """As Optuna's. Raises UpdateFinishedTrialError where the trial has ended otherwise than by this call."""
        from optuna.exceptions import UpdateFinishedTrialError

        tell = partial(self._storage.set_trial_state_values, trial_id, state, values)

        def told_before_or_now() -> bool:
            try:
                return tell()
            except UpdateFinishedTrialError:
                trial = self._storage.get_trial(trial_id)
                if trial.state == state and list(trial.values or ()) == list(values or ()):
                    return True
                raise

        return self._call(tell, again=told_before_or_now)

    def _call(self, call: Callable, *words: object, again: Callable | None = None, **more: object):
        """Calls; after an outage `again`, where that is not the same."""
        if self._lost:
            raise self._lost
        began, told = 0.0, False
        while True:
            try:
                if not began:
                    return call(*words, **more)
                self._check_studies()
                answer = again() if again else call(*words, **more)
            except Exception as error:
                if not (grpc_proxy.is_away(error) or is_lost_database(error)):
                    self._raise_refusal(error)
                    raise
                began = began or time.monotonic()
                self._wait(began, grpc_proxy.fault(error) or str(error.__cause__).partition("\n")[0], told)
                told = True
            else:
                self.tell(f"{self._name} answers again, after {time.monotonic() - began:.0f} s")
                return answer

    def _wait(self, began: float, reason: str, told: bool) -> None:
        """Waits before the next call. Raises StorageLost where it has been long enough, or after a Ctrl-C."""
        if status := self._interrupted():
            self._lost = StorageLost(f"{self._name} was away as the sweep was interrupted: {reason}.", "", status)
            raise self._lost
        left = began + self.away - time.monotonic()
        if left <= 0:
            what = f"{self._name} has not answered for {self.away:.0f} s: {reason}."
            proxy = grpc_proxy.is_of_proxy(self._name)
            self._lost = StorageLost(what, "Start it again: dltui sweep serve" if proxy else "Look after the database.")
            raise self._lost
        if not told:
            self.tell(f"{self._name} does not answer; waiting up to {self.away:.0f} s for it: {reason}")
        time.sleep(min(RETRY, left))

    def _check_studies(self) -> None:
        """Raises StorageLost where what came back holds other studies."""
        for study, name in self._studies.items():
            try:
                found = self._storage.get_study_name_from_id(study)
            except KeyError:
                found = None
            if found != name:
                what = f"{self._name} came back without the sweep {name}: it serves another database now."
                self._lost = StorageLost(what, "Serve the one from before: dltui sweep serve --storage FILE")
                raise self._lost

    def _raise_refusal(self, error: Exception) -> None:
        """Raises DltuiError for a fault of gRPC's, in words."""
        if reason := grpc_proxy.fault(error):
            hint = "Start `dltui sweep serve` there, of the same version as here."
            raise DltuiError(f"{self._name} cannot be used as a sweep's storage: {reason}.", hint) from None
