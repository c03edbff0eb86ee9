"""`dltui check`."""

import pytest

from dltui.cli import model_start
from dltui.errors import ExitStatus
from dltui.jobs import queue
from dltui.recipes import recipe, schema


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


@pytest.fixture
def own_net(tmp_path, monkeypatch):
    """my_net.py in the current folder."""
    monkeypatch.setattr(schema, "_declared", {})
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my_net.py").write_text(model_start.files("my_net")["my_net.py"])
    return tmp_path / "my_net.py"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("check", "lenet-mnist", "model.kind=my_net"), "lenet-mnist: ok"),
        (("run", "lenet-mnist", "model.kind=my_net", "--dry-run"), 'kind = "my_net"'),
        (("queue", "add", "lenet-mnist", "model.kind=my_net"), "1 lenet-mnist"),
        (("show", "lenet-mnist"), "my_net.py"),
        (("kinds", "models", "my_net"), "width"),
    ],
    ids=["check", "run", "queue", "show", "kinds"],
)
def test_a_kind_of_a_file_is_known_to_every_command_that_is_told_of_it(dltui, own_net, monkeypatch, words, told):
    monkeypatch.setattr(queue, "ensure_worker", lambda: 1)
    result = dltui(*words, "--kinds", "my_net.py")
    assert result.status == 0 and (told in result.out or words[0] == "show"), result.err
    if words[0] not in ("show", "kinds"):
        assert dltui(*words, "--kinds", "my_nte.py").status == ExitStatus.NOT_FOUND


@pytest.mark.parametrize(
    "words",
    [
        ("check", "lenet-mnist", "model.kind=my_net"),
        ("kinds", "models", "my_net"),
        ("run", "lenet-mnist", "model.kind=my_net", "--dry-run"),
    ],
    ids=["check", "kinds", "run"],
)
def test_what_a_file_says_and_nobody_reads_is_told(dltui, own_net, words):
    """Guards a bound in a docstring that bounds nothing."""
    own_net.write_text(own_net.read_text().replace("feature maps, at least 1", "feature maps, between 1 and 64"))
    result = dltui(*words, "--kinds", "my_net.py")
    assert result.status == 0
    assert 'my_net.py:8: "between 1 and 64" in the line of option width bounds nothing' in result.err
