"""The settings of a run: what its recipe gives, what it leaves to the parts, and what each variant has."""

from dltui.recipes import recipe
from dltui.runs import settings
from dltui.runs.run import Run


def told(path, name: str, changes: dict) -> settings.Given:
    (path / "recipe.toml").write_text(recipe.to_toml(recipe.load(name, changes)))
    return settings.read(Run(path))


def test_what_is_given_what_is_left_out_and_what_the_variants_have(tmp_path):
    given = told(tmp_path, "mlp-moons", {"optimizer.lr": 0.5, "data.from": "builtin"})
    found = settings.every(given)
    assert found["optimizer.lr"] == 0.5 and found["optimizer.beta1"] == 0.9 and found["data.from"] == "builtin"
    assert found["variants.net.model.hidden"] == [16, 16] and "expect.net.accuracy" not in found
    assert settings.values_of(given, "model.hidden") == [[], [16, 16]]
    assert settings.values_of(given, "optimizer.lr") == [0.5, 0.5]
    assert settings.values_of(given, "data.from") == ["builtin"] * 2
    assert settings.values_of(given, "optimizer.lrr") == settings.values_of(given, "lesson.en") == []
    assert settings.values_of(told(tmp_path, "mlp-mnist", {}), "optimizer.kind") == ["adam"]


def test_every_key_has_values_and_no_other(tmp_path):
    for name in ("mlp-moons", "gan-2d", "kmeans"):
        given = told(tmp_path, name, {})
        named = {key for key in settings.every(given) if not key.startswith("variants.")}
        assert named <= settings.keys_of(given)
        assert all(settings.values_of(given, key) for key in settings.keys_of(given))


def test_a_run_whose_recipe_is_gone_has_none(tmp_path):
    assert settings.read(Run(tmp_path)) is None
    assert settings.every(None) == {} and settings.values_of(None, "optimizer.lr") == []


def test_a_kind_that_is_longer_than_a_files_name_hides_no_run(tmp_path):
    """Guards against the system's "File name too long", which `runs --json` ended with for all runs."""
    file = Run(tmp_path).recipe_file
    file.write_text(f'[model]\nkind = "{"x" * 5000}"\nwidth = 3\n')
    given = settings.read(Run(tmp_path))
    assert settings.every(given)["model.kind"] == "x" * 5000 and settings.values_of(given, "model.width") == []
