"""A sweep whose trials are made of files of the user's own: all of one version, named by the command for the best."""

import shlex

import optuna

from dltui.cli import model_start
from dltui.recipes import kind_files, recipe, schema
from dltui.search import study as sweep
from dltui.search.space import parse


def plan_of(folder, **more) -> sweep.Plan:
    file = str(folder / "my_net.py")
    own = kind_files.contents(recipe.load("lenet-mnist", {"model.kind": "my_net"}, kinds=[file]).table)
    return sweep.Plan(
        "lenet-mnist", {"model.kind": "my_net"}, (parse("optimizer.lr=log:1e-3..1e-1"),), sweep.Goal("loss", False),
        kinds=(file,), hashes=kind_files.hashes(own), **more,
    )  # fmt: skip


def test_a_sweep_goes_on_with_the_same_file_alone(tmp_path, monkeypatch):
    """Guards trials that are compared though they are of two versions of a net."""
    monkeypatch.setattr(schema, "_declared", {})
    path = tmp_path / "my_net.py"
    path.write_text(model_start.files("my_net")["my_net.py"])
    before = plan_of(tmp_path)
    sweep.check(before)
    assert plan_of(tmp_path).about == before.about and len(before.about["kinds"]["my_net.py"]) == 12
    path.write_text(path.read_text() + "\n# changed\n")
    assert plan_of(tmp_path).about != before.about
    assert "kinds" not in sweep.Plan("mlp-moons", {}, (), sweep.Goal("loss", False)).about, "as earlier sweeps have it"


def test_the_best_again_is_told_with_its_files(tmp_path, monkeypatch):
    monkeypatch.setattr(schema, "_declared", {})
    (tmp_path / "my_net.py").write_text(model_start.files("my_net")["my_net.py"])
    plan = plan_of(tmp_path)
    lr = optuna.distributions.FloatDistribution(1e-3, 1e-1, log=True)
    trial = optuna.trial.create_trial(params={"optimizer.lr": 0.01}, distributions={"optimizer.lr": lr}, value=0.5)
    assert f"--kinds={tmp_path / 'my_net.py'}" in shlex.split(sweep.command(plan, trial))
