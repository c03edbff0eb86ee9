"""A folder for the hub: the hub's own library reads its card, which tells what the run measured and nobody's paths."""

import socket
from types import SimpleNamespace

import pytest
from huggingface_hub import ModelCard, metadata_load

from dltui.engine.commands.export import __main__ as exports
from dltui.engine.commands.export.model_card import data_set_id
from dltui.engine.data import cifar10, mnist
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs

OWN = '''"""A net of my own, of a block of dltui's."""

from torch import nn

from dltui.engine.layers.dense import dense as stacked

SECTION = "model"


def dense(x):
    return x.flatten(1)


def build(*, inputs: int = 2, outputs: int = 2, width: int = 4) -> nn.Module:
    """Mine.

    inputs: values of a row.
    outputs: classes.
    width: units, at least 1.
    """
    return Mine(inputs, outputs, width)


class Mine(nn.Module):
    def __init__(self, inputs, outputs, width):
        super().__init__()
        self.layers = stacked([inputs, width, outputs])

    def forward(self, rows):
        return self.layers(dense(rows))
'''


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    def refused(*_, **__):
        raise AssertionError("an export asks nobody")

    monkeypatch.setattr(socket.socket, "connect", refused)


def exported(run, folder, variant=""):
    files = exports.export(run, "hf", folder, variant)["files"]
    return {row["file"].rpartition("/")[2]: row for row in files}


def test_the_hubs_library_reads_the_card_and_finds_what_the_run_measured(trained, tmp_path):
    run = trained("mlp-moons")
    files = exported(run, tmp_path, "net")
    assert files.keys() == {path.name for path in tmp_path.iterdir()}
    assert {"README.md", "config.json", "model.safetensors", "net.py"} <= files.keys()
    assert files["README.md"]["step"] == 20
    card = ModelCard.load(tmp_path / "README.md", ignore_metadata_errors=False)
    found = {one.metric_type: one.metric_value for one in card.data.eval_results}
    summary = runs.state(run).summary
    assert found["accuracy"] == summary["net.accuracy"] and found["test_loss"] == summary["net.test_loss"]
    assert "loss" not in found  # of one batch
    head = metadata_load(tmp_path / "README.md")
    assert {"dltui", "classify", "mlp"} <= set(head["tags"]) and head["pipeline_tag"] == "tabular-classification"
    assert "license" not in head and "datasets" not in head
    assert head["model-index"][0]["name"] == recipes.load("mlp-moons").title
    text = (tmp_path / "README.md").read_text()
    assert recipes.load("mlp-moons").summary in text


def test_values_of_other_weights_are_not_told(trained, tmp_path, monkeypatch):
    """A run that went on after its last checkpoint measured what is not in the file."""
    run = trained("mlp-moons")
    state = runs.state(run)
    monkeypatch.setattr(runs, "state", lambda one: state._replace(step=21, status="lost"))
    exported(run, tmp_path, "net")
    assert "model-index" not in metadata_load(tmp_path / "README.md")
    assert "nothing was measured" in (tmp_path / "README.md").read_text()


def test_a_repository_holds_one_variant_and_the_error_names_them(trained, tmp_path):
    with pytest.raises(DltuiError, match="has 2 variants") as fault:
        exported(trained("mlp-moons"), tmp_path / "new")
    assert fault.value.status == ExitStatus.USAGE and "--variant line (valid: line, net)" in fault.value.hint
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("source", "rows", "wanted"),
    [
        ("auto", SimpleNamespace(source="hub", detail=f"{mnist.HUB.repo}, from the cache"), "ylecun/mnist"),
        ("auto", SimpleNamespace(source="hub", detail=f"{cifar10.HUB.source.repo}, fetched now"), "uoft-cs/cifar10"),
        ("hf:some-one/set.1:plain@main", SimpleNamespace(source="hf", detail="of the hub"), "some-one/set.1"),
        ("auto", SimpleNamespace(source="builtin", detail="scikit-learn's digits"), ""),
        ("own/digits", SimpleNamespace(source="path", detail="own/digits: 150 rows"), ""),
    ],
)
def test_rows_of_the_hub_are_named_by_their_id(source, rows, wanted):
    learner = SimpleNamespace(recipe=SimpleNamespace(data_from=source), all_rows=SimpleNamespace(data=rows))
    assert data_set_id(learner) == wanted


def test_own_parts_go_along_and_no_path_of_the_users_does(own_run, tmp_path):
    """recipe.toml and the file of the kind lie in the folder, and train it again there."""
    (tmp_path / "private").mkdir()
    table = tmp_path / "private" / "flowers.csv"
    rows = [f"{x + 5 * label},{x * label},{'ab'[label]}" for x in range(20) for label in (0, 1)]
    table.write_text("\n".join(["length,width,label", *rows]))
    run = own_run(OWN, **{"data.from": str(table), "model.width": 3})
    files = exported(run, tmp_path / "out")
    assert {"recipe.toml", "my_own_net.py"} <= files.keys()
    for path in (tmp_path / "out").iterdir():
        assert str(tmp_path).encode() not in path.read_bytes(), path
    again = recipes.load(str(tmp_path / "out" / "recipe.toml"))
    assert again.table["model"]["width"] == 3 and again.data_from == "flowers.csv"
    assert "dltui run recipe.toml" in (tmp_path / "out" / "README.md").read_text()
    script = (tmp_path / "out" / "net.py").read_text()
    assert "class Mine(" in script and "def dense_dense(" in script and "import dltui" not in script
