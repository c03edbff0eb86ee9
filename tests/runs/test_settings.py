"""The settings of a run: what its recipe gives, what it leaves to the parts, and what each variant has."""

from dltui.recipes import recipe
from dltui.runs import settings
from dltui.runs.run import Run


def told(path, name: str, changes: dict) -> dict:
    (path / "recipe.toml").write_text(recipe.to_toml(recipe.load(name, changes)))
    return settings.read(Run(path))


def test_what_is_given_what_is_left_out_and_what_the_variants_have(tmp_path):
    found = told(tmp_path, "mlp-moons", {"optimizer.lr": 0.5, "data.from": "builtin"})
    assert found["optimizer.lr"] == 0.5 and found["optimizer.beta1"] == 0.9 and found["data.from"] == "builtin"
    assert found["variants.net.model.hidden"] == [16, 16] and "expect.net.accuracy" not in found
    every = settings.by_key(found)
    assert every["model.hidden"] == [[], [16, 16]] and every["optimizer.lr"] == [0.5, 0.5]
    assert settings.by_key(told(tmp_path, "mlp-mnist", {}))["optimizer.kind"] == ["adam"]


def test_a_run_whose_recipe_is_gone_has_none(tmp_path):
    assert settings.read(Run(tmp_path)) == {}
