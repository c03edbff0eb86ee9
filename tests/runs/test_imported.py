"""A log that was imported is a run: its curves are those of the log, and it is known to have no weights."""

import math

import pytest

from dltui.errors import DltuiError, ExitStatus
from dltui.runs import filter as filters
from dltui.runs import imported, log_check, recorded_recipe, settings
from dltui.runs import run as runs
from dltui.runs.events import Tail
from dltui.runs.history import History


def history_of(run):
    history = History()
    history.take(Tail(run.log).read())
    return history


def test_its_curves_are_those_of_the_log(home, tmp_path):
    path = tmp_path / "My Metrics.csv"
    path.write_text(
        "step,loss,acc\n" + "".join(f"{step},{1 / (step + 1)},\n" for step in range(2500)) + "2500,nan,0.5\n"
    )
    run, _ = imported.make(path)
    history = history_of(run)
    assert run.id.startswith("my-metrics-") and history.steps == 2500
    loss = history.curves["", "loss"]
    assert list(loss.steps) == list(range(2501)) and loss.values[1] == 0.5 and math.isnan(loss.values[-1])
    assert runs.state(run).status == "done" and runs.state(run).summary["acc"] == 0.5
    assert runs.newest_first() == [run] and not history.started["device"]
    assert log_check.check(run).state == log_check.WHOLE


def test_it_can_neither_go_on_nor_be_asked(home, tmp_path):
    (tmp_path / "log.csv").write_text("step,loss\n1,2\n")
    run, _ = imported.make(tmp_path / "log.csv", "other")
    assert run.id.startswith("other-")
    with pytest.raises(DltuiError, match=r"was imported from .*log\.csv: it has curves, and no weights"):
        recorded_recipe.usable(run)
    recipe, problem = recorded_recipe.read(run)
    assert recipe.title == "log.csv" and not problem


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("lightning_logs/version_0/metrics.csv", "lightning-logs-version-0"),
        ("logs/My net/version_3", "my-net-version-3"),
        ("any/metrics.csv", "metrics"),
        ("logs/events.out.tfevents.1693.host.77.0", "logs"),
        ("runs/Жизнь 3", "3"),
        ("….csv", "log"),
    ],
)
def test_a_run_is_called_as_its_log(tmp_path, path, name):
    assert imported.name_of(tmp_path / path) == name


def test_a_log_that_cannot_be_read_leaves_no_run(home, tmp_path):
    with pytest.raises(DltuiError) as caught:
        imported.make(tmp_path / "gone.csv")
    assert caught.value.status == ExitStatus.NOT_FOUND and not runs.newest_first()


def test_its_settings_are_found_by_a_filter(home, tmp_path):
    folder = tmp_path / "lightning_logs" / "version_0"
    folder.mkdir(parents=True)
    (folder / "metrics.csv").write_text("epoch,step,loss\n0,1,2.0\n")
    (folder / "hparams.yaml").write_text("lr: 0.02\nmodel: {act: relu}\n")
    told = settings.read(imported.make(folder)[0])
    assert settings.values_of(told, "hparams.lr") == [0.02] and "hparams.model.act" in settings.keys_of(told)
    assert isinstance(filters.parse("hparams.lr > 0.01").parts[0], filters.Setting)
    assert settings.every(told)["hparams.model.act"] == "relu"


def test_a_recipes_name_means_its_runs_and_no_log(home, tmp_path):
    (tmp_path / "lenet-mnist.csv").write_text("step,loss\n1,2\n")
    with pytest.raises(DltuiError, match="a recipe is called so"):
        imported.make(tmp_path / "lenet-mnist.csv", "lenet-mnist")
    assert imported.make(tmp_path / "lenet-mnist.csv")[0].id.startswith("lenet-mnist-log-")
