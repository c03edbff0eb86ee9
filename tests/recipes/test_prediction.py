"""What a recipe asks before it runs: what is wrong with a question, and what counts as an answer."""

import pytest

from dltui.errors import DltuiError
from dltui.recipes import files, prediction
from dltui.recipes import recipe as recipes

ASKED = {"question": {"en": "How many?"}, "answer": "net.accuracy", "reason": {"en": "So."}}


def checked(**changes: object):
    table = dict(recipes.load("mlp-moons").table)
    table["predict"] = {key: value for key, value in {**ASKED, **changes}.items() if value is not None}
    return recipes.of_table(table, None)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"question": None}, "predict.question must be a text by language"),
        ({"reason": {"ru": "Так."}}, "predict.reason must be a text by language"),
        ({"reason": {"en": " "}}, "predict.reason.en must be a text"),
        ({"question": {"en": "?", "de": "?"}}, "predict.question.de is unknown"),
        ({"answer": 3}, "predict.answer must name a value of the run"),
        ({"answer": "accuracy"}, "predict.answer: accuracy must begin with a variant"),
        ({"answer": "net.acuracy"}, 'there is no value "acuracy"'),
        ({"answer": "net.accuracy.first"}, "is a value at the end of the run"),
        ({"choice": ["net"], "answer": "accuracy"}, "a list of two variants or more"),
        ({"choice": ["net", "nett"], "answer": "accuracy"}, "a list of two variants or more"),
        ({"choice": ["net", "net"], "answer": "accuracy"}, "a list of two variants or more"),
        ({"choice": ["net", "line"]}, "must be a metric of each variant"),
        ({"answers": 1}, "predict.answers is unknown"),
        ({"shape": 1}, "predict.shape must be true or false"),
        ({"shape": True, "choice": ["line", "net"], "answer": "accuracy"}, "predict.choice and predict.shape are two"),
    ],
)
def test_what_is_wrong_with_a_question_is_told_by_its_key(changes, told):
    with pytest.raises(DltuiError) as error:
        checked(**changes)
    assert told in error.value.message


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("0.9", 0.9), ("0,9", 0.9), ("90%", 0.9), ("1", 1.0), ("1.01", None), ("-1", None), ("nan", None), ("1e999", None),
     ("many", None), ("", None)],
)  # fmt: skip
def test_a_number_is_read_as_people_write_it_and_kept_in_its_bounds(typed, answer):
    recipe = checked()
    asked = prediction.of(recipe.table)
    bounds = asked.bounds(recipe.metrics)
    assert bounds == (0, 1) and asked.form(bounds, "en") == "0 to 1" and asked.read(typed, bounds) == answer


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("1", "line"), ("2", "net"), ("net", "net"), ("Net", "net"), ("3", None), ("0", None), ("9" * 5000, None)],
)
def test_a_variant_is_chosen_by_its_number_or_its_name(typed, answer):
    asked = prediction.of(checked(answer="accuracy", choice=["line", "net"]).table)
    assert asked.read(typed, (None, None)) == answer and asked.form((None, None), "ru") == "число от 1 до 2"


@pytest.mark.parametrize(
    "typed, answer",
    [
        ("3", "falls then rises"),
        ("Falls then rises", "falls then rises"),
        ("падает, затем растёт", "falls then rises"),
        ("6", None),
        ("up", None),
    ],
)
def test_a_shape_is_chosen_by_its_number_or_in_words_of_either_language(typed, answer):
    asked = prediction.of(checked(answer="net.test_loss", shape=True).table)
    assert asked.read(typed, (None, None)) == answer and asked.form((None, None), "en") == "one of 1 to 5"
    assert asked.named("rises", "ru") == "растёт"


@pytest.mark.parametrize("name", files.files())
def test_what_our_recipes_ask_is_asked_in_both_languages(name):
    asked = prediction.of(files.read_table(files.files()[name]))
    if asked:
        assert all(set(texts) == {"en", "ru"} for texts in (asked.question, asked.reason))
        assert asked.question["en"].rstrip().endswith(("?", ".", ")")) and "?" in asked.question["ru"]


def test_minus_nought_is_nought():
    assert str(prediction.of(checked().table).read("-0", (0, 1))) == "0.0"
