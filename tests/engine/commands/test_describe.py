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
    assert {names: len(layers) for names, layers in found.items()} == {("line",): 1, ("net", "slow"): 5}


def test_variants_that_are_built_apart_stand_together_where_their_layers_are_the_same(tmp_path):
    path = tmp_path / "moons.toml"
    few = {"variants.few.data.rows": 100, "variants.few.model.hidden": []}
    path.write_text(recipes.to_toml(recipes.load("mlp-moons", few)))
    assert [one["names"] for one in describe(path)["variants"]] == [["line", "few"], ["net"]]


def test_what_only_holds_layers_is_none(tmp_path):
    path = tmp_path / "batchnorm.toml"
    path.write_text(recipes.to_toml(recipes.load("batchnorm")))
    found = {tuple(one["names"]): one["models"]["model"] for one in describe(path)["variants"]}
    assert list(found) == [("without", "without_fast"), ("before", "before_fast"), ("after",)]
    assert {layer["kind"] for layer in found["without", "without_fast"]} == {"Linear", "Sigmoid"}
