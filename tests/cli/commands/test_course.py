"""`dltui course` and `dltui lesson`: the order of the course, how far one is, and what to run next."""

import json
from pathlib import Path

import pytest

from dltui.errors import ExitStatus
from dltui.recipes import recipe
from dltui.runs import course


def test_every_recipe_is_in_the_course_once_topic_after_topic(dltui):
    topics = json.loads(dltui("course", "--json").out)
    assert [topic["number"] for topic in topics] == sorted(topic["number"] for topic in topics)
    names = [step["name"] for topic in topics for step in topic["steps"]]
    assert sorted(names) == sorted(recipe.files())
    assert all(topic["recipes"] == len(topic["steps"]) and topic["met"] == 0 for topic in topics)


def test_a_topics_recipes_stand_at_their_places():
    for topic in course.topics():
        places = [recipe.read_table(step.path).get("place", course.LAST) for step in topic.steps]
        assert places == sorted(places) and len(set(places)) == len(places), topic.name


def test_what_was_met_counts_and_the_next_one_is_named(dltui, done):
    before = course.following(course.topics()).name
    done(before)
    after = dltui("course")
    assert "1 of " in after.err and f"Next: dltui run {before}" not in after.err
    row = next(line for line in after.out.splitlines() if line.startswith("01"))
    assert row.split()[-1] != before and "━" in row
    done(course.following(course.topics()).name, behaviour="unmet")
    first = json.loads(dltui("course", "--json").out)[0]
    assert (first["met"], first["run"]) == (1, 2) and first["steps"][1]["standing"] == "missed"


def test_it_fits_a_screen_of_24_lines_of_80(dltui):
    result = dltui("course", COLUMNS="80")
    lines = [*result.out.splitlines(), *result.err.splitlines()]
    assert len(lines) < 24 and max(map(len, lines)) <= 80  # the shell's next prompt has a line too


def test_when_all_is_met_nothing_comes_next():
    mark = course.Mark("met", None, 1, None, {})
    assert course.following([course.Topic("01_a", [course.Step("x", "X", Path("x.toml"), mark)])]) is None


def test_without_unicode_it_is_ascii(dltui):
    assert dltui("course", LANG="C", LC_ALL="C").out.isascii()


@pytest.mark.parametrize("word", ["3", "03", "optimizers", "Optimizers", "optim"])
def test_a_lesson_is_found_by_number_name_or_part(dltui, word):
    out = dltui("lesson", word).out
    assert out.startswith("03 optimizers:")
    names = [step.name for step in course.find("optimizers").steps]
    found = [line.split()[4] for line in out.splitlines() if line.startswith("  Run it: dltui run")]
    assert found == names


def test_lessons_are_read_in_the_readers_language(dltui):
    assert "Урок" not in dltui("lesson", "foundations").out
    english, russian = dltui("lesson", "3").out, dltui("lesson", "3", "--lang", "ru").out
    assert "шаг" in russian and "шаг" not in english
    assert dltui("lesson", "3", LANG="ru_RU.UTF-8").out == russian


def test_a_recipe_that_was_met_is_marked(dltui, done):
    done("mlp-moons")
    assert "dltui run mlp-moons    (you have met its claim here)" in dltui("lesson", "foundations").out


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (["lesson", "optimisers"], ExitStatus.NOT_FOUND, 'Did you mean "optimizers"'),
        (["lesson", "99"], ExitStatus.NOT_FOUND, "There is no topic"),
        (["lesson", "e"], ExitStatus.NOT_FOUND, "several topics"),
        (["lesson", "3", "--lang", "de"], ExitStatus.USAGE, 'no lessons in "de"'),
    ],
)
def test_what_is_not_there_is_told(dltui, words, status, reason):
    result = dltui(*words)
    assert result.status == status and reason in result.err
