"""The layers of a recipe's nets, as the recipe browser shows them."""

from dltui.engine.commands.describe import describe
from dltui.recipes import recipe as recipes


def test_a_demonstration_has_neither_nets_nor_data(tmp_path):
    path = tmp_path / "graph.toml"
    path.write_text(recipes.to_toml(recipes.load("backprop-graph")))
    found = describe(path)
    assert all(one["models"] == {} for one in found.pop("variants"))
    assert found == {"models": {}, "params": 0, "knobs": {}}


def test_a_net_has_its_layers_with_shapes_and_weights(tmp_path):
    path = tmp_path / "moons.toml"
    path.write_text(recipes.to_toml(recipes.load("mlp-moons", {"variants.line.model.hidden": []})))
    *_, head = describe(path)["models"]["model"]
    assert head == {"name": "head", "kind": "Linear", "shape": [2], "params": 6}


def test_each_variants_nets_are_told_and_those_alike_once(tmp_path):
    path = tmp_path / "moons.toml"
    path.write_text(
        recipes.to_toml(
            recipes.load("mlp-moons", {"variants.slow.optimizer.lr": 0.1, "variants.slow.model.hidden": [16, 16]})
        )
    )
    found = {tuple(one["names"]): one["models"]["model"] for one in describe(path)["variants"]}
    assert {names: len(layers) for names, layers in found.items()} == {("line",): 2, ("net", "slow"): 5}
