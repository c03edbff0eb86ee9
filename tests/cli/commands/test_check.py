"""`dltui check`."""

from dltui.errors import ExitStatus
from dltui.recipes import recipe


def test_every_bundled_recipe_is_sound(dltui):
    result = dltui("check", *recipe.files())
    assert result.status == 0 and result.out.count(": ok\n") == len(recipe.files())


def test_every_problem_of_every_file_once(dltui, tmp_path):
    text = recipe.find("mlp-moons").read_text()
    broken = tmp_path / "broken.toml"
    broken.write_text(text.replace('kind = "clouds"', 'kind = "cloud"').replace("lr = 0.01", "lr = -1"))
    result = dltui("check", str(broken), "mlp-mnist")
    assert result.status == ExitStatus.USAGE and result.out == "mlp-mnist: ok\n"
    lines = result.err.splitlines()
    assert len(lines) == 2 and all(line.startswith(f"{broken}: ") for line in lines)
    assert 'Did you mean "clouds"?' in result.err and "optimizer.lr must be above 0" in result.err


def test_the_worst_status_wins(dltui, tmp_path):
    (tmp_path / "torn.toml").write_text("title = ")
    assert dltui("check", str(tmp_path / "torn.toml")).status == ExitStatus.USAGE
    assert dltui("check", str(tmp_path / "torn.toml"), "nothing.toml").status == ExitStatus.NOT_FOUND


def test_changes_are_checked_as_run_takes_them(dltui):
    """The command that a sweep prints for its best trial is checked by the same words."""
    assert dltui("check", "mlp-mnist", "optimizer.lr=0.01", "model.hidden=[64,32]").out == "mlp-mnist: ok\n"
    result = dltui("check", "mlp-mnist", "optimizer.lr=-1")
    assert result.status == ExitStatus.USAGE and result.err.startswith(
        "on the command line: optimizer.lr must be above 0"
    )
    assert dltui("check", "optimizer.lr=0.01").status == ExitStatus.USAGE
