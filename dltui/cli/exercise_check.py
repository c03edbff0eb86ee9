"""What judges an exercise: the recipe's claims, run with the learner's file on seeds that nobody knows before."""

import secrets
from pathlib import Path
from typing import NamedTuple

from dltui.cli import limited_run
from dltui.recipes import exercise as exercises
from dltui.recipes.exercise import Exercise

SEEDS = 2


class Verdict(NamedTuple):
    """One claim of one run, or that the run did not come to its end: `got` says why then."""

    seed: int
    claim: str
    want: str
    got: float | str | None
    ok: bool


def judged(exercise: Exercise, file: Path, env, *, shown: bool) -> list[Verdict]:
    """Runs the exercise's recipe with a learner's file; the first run is shown live, with `shown`, where that is
    possible. Raises DltuiError (2, 3) for a file that is no such part, (130, 143) where the user interrupted it."""
    verdicts: list[Verdict] = []
    with limited_run.entered(env) as interrupts:
        for number in range(SEEDS):
            seed = secrets.randbelow(90_000) + 10_000
            recipe, changes = exercises.with_file(exercise, file, seed)
            words = ("exercise", exercise.name)
            seen = env if shown and not number else None
            history, failure = limited_run.ran(recipe, changes, words, interrupts, seen)
            verdicts += _verdicts(seed, failure, history.finished["expect"] if not failure else [])
            if not all(verdict.ok for verdict in verdicts):
                break  # nothing is to be learned from more
    return verdicts


def _verdicts(seed: int, failure: str, judged: list[dict]) -> list[Verdict]:
    if failure:
        return [Verdict(seed, "runs to its end", "done", failure, False)]
    return [Verdict(seed, item["name"], item["want"], item["got"], item["ok"]) for item in judged]
