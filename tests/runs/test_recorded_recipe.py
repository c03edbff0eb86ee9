"""Whatever has become of a run's recipe.toml, the run can be shown, and what is wrong is said."""

import pytest

from dltui.runs import recorded_recipe
from dltui.runs import run as runs

SOUND = 'name = "mine"\ntopic = "t"\ntitle = "A title"\n[model]\nkind = "mlp"\n[expect]\naccuracy = ">= 0.5"\n'


def test_a_sound_recipe_is_as_it_was():
    recipe, problem = recorded_recipe.read(runs.create("mlp-moons", SOUND, {}))
    assert (recipe.name, recipe.topic, recipe.title, problem) == ("mine", "t", "A title", "")
    assert [claim.name for claim in recipe.claims] == ["accuracy"] and "model" in recipe.models


@pytest.mark.parametrize(
    "text",
    ["not toml", "model = 3", "[model]\nhidden = [3]", "[expect]\naccuracy = []", "expect = 1", '[expect]\nhub = "x"'],
)
def test_a_broken_one_leaves_the_title_and_says_why(text):
    run = runs.create("mlp-moons", text, {})
    recipe, problem = recorded_recipe.read(run)
    assert recipe.title == "mlp-moons" and recipe.models == {} and recipe.claims == []
    assert str(run.recipe_file) in problem


def test_a_missing_one_too():
    run = runs.create("mlp-moons", SOUND, {})
    run.recipe_file.unlink()
    recipe, problem = recorded_recipe.read(run)
    assert recipe.title == "mlp-moons" and problem
