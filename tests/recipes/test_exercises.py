"""Every exercise: told in two languages; the recipe's claims fail on what is given and on each wrong fix, and are
met by the part as it is, on a seed that nobody chose for it."""

import re

import pytest

from dltui.recipes import exercise as exercises
from dltui.recipes import kind_files, schema
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from tests.forked import ended, history_of, start_engine

NAMES = list(exercises.found())
SEED = 51_234
KEYS = {"recipe", "part", "title", "observed", "explained", "fault", "hole", "inline", "hint", "fixes", "run", "expect"}
TEXTS = {"title": 60, "observed": 320, "explained": 600}  # longest, characters
LONGEST_HINT = 260


def missed(exercise, text, seed, tmp_path):
    """What fails when the exercise's recipe is run with a file that holds `text`."""
    file = tmp_path / exercise.file_name
    file.write_text(text, encoding="utf-8")
    recipe, changes = exercises.with_file(exercise, file, seed)
    kinds = kind_files.copies(recipe.table)
    recipe = recipe._replace(table=recipe.table | {"kinds": list(kinds.files)})
    info = {"device": "cpu", "threads": 1, "overrides": changes, "kinds": kinds.records}
    run = runs.create(recipe.name, recipes.to_toml(recipe), info, files=kinds.files)
    status = ended(start_engine(run))
    finished = history_of(run).finished
    if finished["status"] != "done":
        return [f"{status}: {finished['error']}"]
    return [item["name"] for item in finished["expect"] if not item["ok"]]


@pytest.mark.parametrize("name", NAMES)
def test_it_is_whole_and_told_in_two_languages(name):
    exercise = exercises.load(name)
    assert set(exercise.table) <= KEYS and ("hole" in exercise.table) != ("fault" in exercise.table)
    assert exercise.recipe in recipes.files() and exercise.section in schema.FOLDERS
    assert exercise.topic == recipes.load(exercise.recipe).path.parent.name
    assert len(exercise.fixes) >= 2 and len(exercise.hints) >= 2
    told = [(exercise.table[key], longest) for key, longest in TEXTS.items()]
    for texts, longest in [*told, *((hint, LONGEST_HINT) for hint in exercise.hints)]:
        assert set(texts) == {"en", "ru"}
        for language, text in texts.items():
            assert 0 < len(text) <= longest and bool(re.search("[а-яё]", text)) == (language == "ru")
    made = [exercise.given("en"), *map(exercise.with_place, exercise.fixes.values()), exercise.solved()]
    assert len(set(made)) == len(made)
    for text in made:
        compile(text, exercise.file_name, "exec")


@pytest.mark.parametrize("name", NAMES)
def test_the_claims_judge_it_rightly(name, home, tmp_path):
    exercise = exercises.load(name)
    assert missed(exercise, exercise.solved(), SEED, tmp_path) == [], "the part as it is meets the claims"
    assert missed(exercise, exercise.given("ru"), SEED, tmp_path), "what is given has a fault that shows"
    for fix, text in exercise.fixes.items():
        assert missed(exercise, exercise.with_place(text), SEED, tmp_path), f"{fix} is no solution"
