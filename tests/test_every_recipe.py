"""Every bundled recipe: sound, taught in two languages, its commands valid, and, where it learns, a falling loss."""

import re
import shlex

import pytest

from dltui.cli.commands.verify import learned
from dltui.recipes import check_parts, schema
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from tests.forked import ended, history_of, start_engine

NAMES = list(recipes.files())
STEPS = 0.05  # of a recipe's own, at least LEAST
LEAST = 40
COMMANDS = ("run", "sample", "predict", "compare", "replay", "show", "verify", "list")


def commands(text: str) -> list[list[str]]:
    """The words of every `dltui ...` line that stands indented in a lesson."""
    return [shlex.split(line)[1:] for line in text.splitlines() if re.match(r"    dltui ", line)]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_sound_and_claims_something(name):
    recipe = recipes.load(name)
    assert recipe.title and recipe.summary and recipe.table["refs"]
    assert recipe.claims, "a recipe says what it will reach"
    assert recipe.table["seconds"] <= 90
    recipes.load(name, full=True)


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize("name", NAMES)
def test_its_lesson_can_be_read_and_tried(name, language):
    lesson = recipes.load(name).table["lesson"][language]
    prose = re.sub(r"(?m)^    .*$", "", lesson)
    assert 120 <= len(prose.split()) <= 300
    assert bool(re.search("[а-яё]", lesson)) == (language == "ru")
    tried = commands(lesson)
    assert 2 <= len(tried) <= 3
    for words in tried:
        assert words[0] in COMMANDS
        if words[0] == "run":
            check_run(words[1:])
        else:
            assert all(word in NAMES for word in words[1:] if not word.startswith("-"))


def check_run(words: list[str]) -> None:
    """What `dltui run --dry-run` checks; the command itself is tested in tests/cli."""
    from dltui.recipes import overrides

    plain = [word for word in words[1:] if not word.startswith("-")]
    recipes.load(words[0], overrides.parse(plain))


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_and_where_it_learns_its_loss_falls(name, home):
    recipe = recipes.load(name)
    steps = max(LEAST, int(recipe.train["steps"] * STEPS))
    changes = {"train.steps": steps, "train.evaluate_every": steps, "data.from": "builtin"}
    recipe = recipes.load(name, changes)
    run = runs.create(name, recipes.to_toml(recipe), {"device": "cpu", "threads": 1})
    assert ended(start_engine(run)) == 0, run.engine_log.read_text()
    history = history_of(run)
    assert history.finished["status"] == "done"
    in_curves = recipe.probes == {}  # its lesson is in the curves, which have the screen
    assert history.frames or in_curves, "a recipe shows a picture"
    improved = list(learned(history))
    learns = check_parts.trained(schema.find(recipe.subject, recipe.task.kind))
    assert improved or not learns, "a recipe that learns declares which metric gets better from the first steps on"
    for name, first, last, better in improved:
        assert last > first if better == "higher" else last < first, f"{name} does not get better"
