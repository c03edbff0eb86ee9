"""Trials that are made again, since the one before was interrupted: how they stand in a study, and what they leave out.

One that is to be made again waits in the study, with the number of the trial that it stands for as its attribute
`again`. Whoever asks Optuna for a trial gets those that wait first.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import optuna
    from optuna.trial import FrozenTrial

AGAIN = "again"


def make_again(study: "optuna.Study", number: int, values: dict[str, object]) -> None:
    """Has a trial made once more, by one process only, with these values and those that Optuna adds."""
    study.enqueue_trial(values, user_attrs={AGAIN: number})


def is_again(trial: "FrozenTrial | optuna.Trial") -> bool:
    """Whether a trial stands for an earlier one."""
    return AGAIN in trial.user_attrs


def interrupted(trials: Sequence["FrozenTrial"]) -> set[int]:
    """The numbers of the trials that were interrupted, and have others that stand for them."""
    return {trial.user_attrs[AGAIN] for trial in trials if is_again(trial)}


def place_of(trials: Sequence["FrozenTrial"], number: int) -> int:
    """How many trials there are before the one of this number, those that stand for others left out; such a one has the
    place of the first that it stands for. All trials with lower numbers are in the study before this one is, so the
    place never changes."""
    while number < len(trials) and is_again(trials[number]):
        number = trials[number].user_attrs[AGAIN]
    return number - sum(trial.number < number for trial in trials if is_again(trial))
