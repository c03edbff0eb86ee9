"""What a learner guessed before the first step, beside what the run came to."""

import math
from typing import NamedTuple

from dltui.recipes import claims, prediction
from dltui.recipes.curve_shapes import SHAPES, shape_of
from dltui.recipes.prediction import Prediction
from dltui.recipes.recipe import Recipe
from dltui.render.metrics import UNKNOWN
from dltui.render.number import writer
from dltui.runs.history import History

NEAR_SHARE, NEAR_RATIO = 0.05, 0.25  # of the range of a value that has one, of the true value else
WORDS = {
    "en": (
        "You guessed {guess}: right.", "You guessed {guess}; it is {truth}: close.",
        "You guessed {guess}; it is {truth}.", "You guessed {guess}; {truth} is best.",
    ),
    "ru": (
        "Ваш ответ {guess} верен.", "Ваш ответ {guess}, на деле {truth}: близко.",
        "Ваш ответ {guess}, на деле {truth}.", "Ваш ответ {guess}, а лучше всех {truth}.",
    ),
}  # fmt: skip
RIGHT, NEAR, FAR, OTHER = range(4)
SHAPED = {
    "en": ('You guessed that it "{guess}": right.', 'You guessed that it "{guess}"; the curve {truth}.'),
    "ru": ("Ваш ответ «{guess}» верен.", "Ваш ответ — «{guess}», на деле кривая {truth}."),
}


class Verdict(NamedTuple):
    """How near a guess came: `kind` is right, near or far; `text`: one friendly sentence or two."""

    kind: str
    text: str


def judged(history: History, recipe: Recipe) -> Verdict | None:
    """Returns how a guess came out; None where there was none, or the run has not come to its end."""
    asked, guess = prediction.of(recipe.table), history.guess
    finished = history.finished or {}
    if not asked or not guess or guess["answer"] != asked.answer or finished.get("status") != "done":
        return None
    language = guess["language"] if guess["language"] in WORDS else "en"
    judge = _of_shape if asked.shape else _of_choice if asked.choice else _of_number
    found = judge(asked, guess, history, language)
    if found is None:
        return None
    return found._replace(text=f"{found.text} {asked.in_language(asked.reason, language)}")


def _of_number(asked: Prediction, guess: dict, history: History, language: str) -> Verdict | None:
    truth = history.finished["summary"].get(asked.answer)
    if truth is None or not isinstance(guess["value"], int | float) or not math.isfinite(guess["value"]):
        return None
    declared = history.declared.get(claims.metric_of(asked.answer), UNKNOWN)
    written = writer(declared)
    said = {"guess": written(guess["value"]), "truth": written(truth)}
    low, high = declared.range or (None, None)
    near = NEAR_SHARE * (high - low) if low is not None and high is not None else NEAR_RATIO * abs(truth)
    if said["guess"] == said["truth"]:
        return Verdict("right", WORDS[language][RIGHT].format(**said))
    close = abs(guess["value"] - truth) <= near
    return Verdict("near" if close else "far", WORDS[language][NEAR if close else FAR].format(**said))


def _of_shape(asked: Prediction, guess: dict, history: History, language: str) -> Verdict | None:
    series, _, metric = asked.answer.rpartition(".")
    curve = history.curves.get((series, metric))
    found = shape_of(curve.values) if curve else ""
    if not found or guess["value"] not in SHAPES:
        return None
    said = {"guess": asked.named(guess["value"], language), "truth": asked.named(found, language)}
    right = guess["value"] == found
    return Verdict("right" if right else "far", SHAPED[language][not right].format(**said))


def _of_choice(asked: Prediction, guess: dict, history: History, language: str) -> Verdict | None:
    summary = history.finished["summary"]
    values = {name: summary.get(f"{name}.{asked.answer}") for name in asked.choice}
    values = {name: value for name, value in values.items() if value is not None and value == value}
    if not values:
        return None
    least = history.declared.get(claims.metric_of(asked.answer), UNKNOWN).better == "lower"
    best = (min if least else max)(values, key=values.__getitem__)
    right = guess["value"] == best
    text = WORDS[language][RIGHT if right else OTHER].format(guess=guess["value"], truth=best)
    return Verdict("right" if right else "far", text)
