"""`dltui compare`."""

import json

from dltui.errors import ExitStatus


def test_curves_summaries_and_differences(dltui, done):
    first, second = done("mlp-moons", "train.steps=5"), done("mlp-moons", "optimizer.lr=0.5")
    out = dltui("compare", first.id, second.id).out
    assert any(line.startswith("loss ") for line in out.splitlines()), "the title of a plot"
    assert any(line.split() == ["accuracy", "0.500", "0.500"] for line in out.splitlines())
    assert f"mlp-moons-{first.id[-4:]}" in out
    assert any(line.split() == ["train.steps", "5", "3000"] for line in out.splitlines())
    assert any(line.split() == ["optimizer.lr", "0.01", "0.5"] for line in out.splitlines())
    assert "\x1b" not in out


def test_json(dltui, done):
    first, second = done("mlp-moons"), done("mlp-mnist")
    compared = json.loads(dltui("compare", "mlp-moons", "mlp-mnist", "--json").out)
    assert [run["id"] for run in compared["runs"]] == [first.id, second.id]
    assert compared["differences"]["data.kind"] == ["clouds", "mnist"]


def test_one_run_is_not_enough(dltui, done):
    done("mlp-moons")
    assert dltui("compare", "last", "mlp-moons").status == ExitStatus.USAGE
