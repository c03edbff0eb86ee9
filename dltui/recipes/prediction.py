"""`[predict]`: what a learner is asked before the first step; the run itself gives the answer.

    [predict]
    question.en = "How many of 100 test digits will it read rightly? A share, from 0 to 1."
    answer = "accuracy"                    # a value of the run at its end, named as in [expect]
    reason.en = "Strokes that are thick or broken are all that it still mistakes."

With `choice = ["sgd", "adam"]`, variants of the recipe, the answer is the one whose `answer` is best. With
`shape = true` it is the shape that the curve of `answer` has over the steps (see curve_shapes.py).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dltui.errors import did_you_mean
from dltui.recipes import check_claims, claims, schema
from dltui.recipes.curve_shapes import SHAPE_WORDS, SHAPES
from dltui.recipes.metric import Metric

KEYS = ("question", "answer", "choice", "shape", "reason")
LANGUAGES = ("en", "ru")
MOST_DIGITS = 4  # of the number of a choice


FORMS = {
    "en": ("a number", "{low:g} to {high:g}", "one of 1 to {count}"),
    "ru": ("число", "от {low:g} до {high:g}", "число от 1 до {count}"),
}
Bounds = tuple[float | None, float | None]  # of a metric's values


class Prediction(NamedTuple):
    """A question, and what the run is asked for its answer.

    choice: variants, or shapes of a curve where `shape` is true; () where the answer is a number.
    """

    question: Mapping[str, str]  # by language
    reason: Mapping[str, str]  # why it comes out so
    answer: str
    choice: tuple[str, ...]
    shape: bool = False

    def in_language(self, texts: Mapping[str, str], language: str) -> str:
        """One of its texts, in English where there is none in `language`."""
        return (texts.get(language) or texts["en"]).strip()

    def named(self, choice: str, language: str) -> str:
        """How one of its choices is written for a person: a variant by its name, a shape in words."""
        return SHAPE_WORDS[language][SHAPES.index(choice)] if self.shape and choice in SHAPES else choice

    def bounds(self, metrics: Mapping[str, Metric]) -> Bounds:
        """Returns the least and the greatest value that the answer can have; metrics: what the recipe measures."""
        return metrics[claims.metric_of(self.answer)].range or (None, None)

    def form(self, bounds: Bounds, language: str) -> str:
        """Returns in words what an answer is: "0 to 1", "one of 1 to 3"."""
        number, between, one_of = FORMS[language]
        if self.choice:
            return one_of.format(count=len(self.choice))
        low, high = bounds
        return number if low is None or high is None else between.format(low=low, high=high)

    def read(self, text: str, bounds: Bounds) -> float | str | None:
        """Returns the answer that was typed: a number, with a comma or in per cent too, or a choice by its name or
        number; None where it is none."""
        if self.choice:
            number = int(text) if text.isdecimal() and len(text) < MOST_DIGITS else 0
            named = (name for name in self.choice if text.lower() in self._written(name))
            return self.choice[number - 1] if 1 <= number <= len(self.choice) else next(named, None)
        try:
            value = float(text.removesuffix("%").replace(",", ".")) / (100 if text.endswith("%") else 1)
        except ValueError:
            return None
        low, high = bounds
        inside = (low is None or value >= low) and (high is None or value <= high)
        return value + 0.0 if inside and math.isfinite(value) else None  # -0 is 0

    def _written(self, name: str) -> set[str]:
        """All that may be typed for a choice."""
        return {name.lower(), *(self.named(name, language).lower() for language in LANGUAGES)}


def of(table: Mapping) -> Prediction | None:
    """Returns what a checked recipe's table asks, None where it asks nothing."""
    told = table.get("predict")
    if not told:
        return None
    shape = told.get("shape", False)
    choice = SHAPES if shape else tuple(told.get("choice", ()))
    return Prediction(told["question"], told["reason"], told["answer"], choice, shape)


def problems(table: Mapping, subject: schema.Component, found: Mapping[str, schema.Component]) -> Iterator[str]:
    """The problems of `[predict]`, each as one line that begins with its key."""
    told = table.get("predict")
    if not isinstance(told, Mapping):
        return
    for key in told:
        if key not in KEYS:
            yield f"predict.{key} is unknown. {did_you_mean(key, KEYS)}"
    for key in ("question", "reason"):
        yield from _text_problems(key, told.get(key))
    variants = table.get("variants", {})
    named = list(variants) if isinstance(variants, Mapping) else []
    measured = check_claims.metrics(table, subject, found)
    answer, choice, shape = told.get("answer"), told.get("choice", []), told.get("shape", False)
    if type(shape) is not bool:
        yield f"predict.shape must be true or false, not {shape!r}"
    elif shape and choice:
        yield "predict.choice and predict.shape are two questions: leave out one"
    if not isinstance(answer, str):
        yield f"predict.answer must name a value of the run, as [expect] does, not {answer!r}"
    elif not isinstance(choice, list) or (choice and not _are_variants(choice, named)):
        valid = ", ".join(named) or "none: there are no variants"
        yield f"predict.choice must be a list of two variants or more, not {choice!r}. Valid: {valid}"
    else:
        between = found["comparison"].metrics if "comparison" in found else {}
        yield from _answer_problems(answer, choice, named, measured, between)


def _text_problems(key: str, texts: object) -> Iterator[str]:
    if not isinstance(texts, Mapping) or "en" not in texts:
        yield f'predict.{key} must be a text by language: {key}.en = "..."'
        return
    for language, text in texts.items():
        if language not in LANGUAGES:
            yield f"predict.{key}.{language} is unknown. {did_you_mean(language, LANGUAGES)}"
        elif not isinstance(text, str) or not text.strip():
            yield f"predict.{key}.{language} must be a text, not {text!r}"


def _are_variants(choice: Sequence[object], named: Sequence[str]) -> bool:
    return len(choice) == len(set(map(str, choice))) >= 2 and set(map(str, choice)) <= set(named)


def _answer_problems(
    answer: str,
    choice: Sequence[str],
    named: Sequence[str],
    measured: Mapping[str, Metric],
    between: Mapping[str, Metric],
) -> Iterator[str]:
    metric = claims.metric_of(answer)
    before = answer.rpartition(f".{metric}")[0]
    known = measured if choice else {**measured, **between}
    if answer.rpartition(".")[2] in claims.STATISTICS:
        yield f"predict.answer is a value at the end of the run, not {answer!r}"
    elif metric not in known:
        yield f'predict.answer: there is no value "{metric}". {did_you_mean(metric, known)}'
    elif choice and (before or not measured[metric].better):
        yield f"predict.answer must be a metric of each variant that says what is better, not {answer!r}"
    elif not choice and named and before not in named and not (metric in between and not before):
        yield f"predict.answer: {answer} must begin with a variant. {did_you_mean(before or answer, named)}"
    elif before and not named:
        yield f'predict.answer: {answer} begins with "{before}", but there are no variants'
