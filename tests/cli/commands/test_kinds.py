"""`dltui kinds`."""

import json

import pytest

from dltui.errors import ExitStatus
from dltui.recipes import schema


def test_every_kind_of_every_folder(dltui):
    rows = [line.split()[:2] for line in dltui("kinds").out.splitlines()]
    known = [[folder, kind] for section, folder in schema.FOLDERS.items() for kind in schema.kinds(section)]
    assert sorted(rows) == sorted(known)


def test_one_kind_with_its_options(dltui):
    out = dltui("kinds", "models", "mlp").out
    assert "relu | tanh | sigmoid | leaky_relu" in out and "dropout" in out
    assert "share of the test rows classified rightly" in dltui("kinds", "tasks", "classify").out
    assert "updates of the weights" in dltui("kinds", "train").out


@pytest.mark.parametrize(
    ("words", "near"),
    [(["model"], ""), (["modles"], '"models"'), (["models", "mpl"], '"mlp"'),
     (["mlp"], '"mlp" is a model, not a folder of kinds.\nSee: dltui kinds models mlp'),
     (["adam"], "See: dltui kinds optimizers adam"), (["cross_entrpy"], '"losses cross_entropy"')],
)  # fmt: skip
def test_a_wrong_name_is_answered_with_the_nearest(dltui, words, near):
    result = dltui("kinds", *words)
    assert result.status == (ExitStatus.NOT_FOUND if near else 0) and near in result.err


def test_json(dltui):
    (mlp,) = json.loads(dltui("kinds", "models", "mlp", "--json").out)
    options = {option["name"]: option for option in mlp["options"]}
    assert mlp["kind"] == "mlp" and {"type": "float", "default": 0.0}.items() <= options["dropout"].items()
