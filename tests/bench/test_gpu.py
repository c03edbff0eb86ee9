"""The benchmark of the GPU runs on a CPU too, so that it is whole when a GPU is at hand."""

import importlib.util
from pathlib import Path

import torch

from dltui.recipes import recipe as recipes

SPEC = importlib.util.spec_from_file_location("bench_gpu", Path(__file__).with_name("gpu.py"))
gpu = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(gpu)


def test_it_measures_one_net_and_two(home, capsys):
    gpu.main(["gan-mnist", "char-rnn", "--device", "cpu", "--rounds", "2", "--steps", "2"])
    told, head, *rows = capsys.readouterr().out.splitlines()
    assert told.startswith("cpu, fp32") and "small" in told
    assert [row.split()[0] for row in rows] == ["gan-mnist", "char-rnn"]
    assert all(float(row.split()[3]) > 0 for row in rows) and head.split()[:4] == [
        "recipe",
        "hand/s",
        "engine/s",
        "ratio",
    ]


def test_every_recipe_of_it_is_there(home):
    assert gpu.HANDS.keys() <= recipes.files().keys() and gpu.SMALL.keys() <= gpu.HANDS.keys()
    for name, changes in gpu.SMALL.items():
        recipes.load(name, changes)


def test_a_hand_loop_learns_what_the_engine_learns(home):
    """The same rows and weights: the losses are equal. Guards a loop by hand that is fast since it does less."""
    size = {"train.batch": 1797, "data.kind": "digits", "model.hidden": [8], "model.dropout": 0.0}
    variant = recipes.load("mlp-mnist", size)
    data = gpu.sources.load(variant.data, "builtin", lambda text: None)
    rows = gpu.Rows(data, torch.device("cpu"), variant.data.kind)
    made = [gpu.make_learner("", variant, rows, torch.device("cpu"), "fp32") for _ in range(2)]
    x = gpu.as_floats(data.train.inputs)
    whole = variant.with_changes({"train.batch": len(x)})
    hand = gpu.classifier(gpu.Hand(made[0].nets, x, data.train.targets, whole, "fp32"))
    for _ in range(5):
        next(hand)
        made[1].advance()
    for ours, theirs in zip(made[0].nets["model"].parameters(), made[1].nets["model"].parameters(), strict=True):
        torch.testing.assert_close(ours, theirs)  # all rows in each batch, in another order
