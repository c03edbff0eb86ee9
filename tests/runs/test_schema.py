"""run.json as it is read: each field is of its type, or as if it were not there."""

import json

import pytest

from dltui.runs import run as runs
from dltui.runs import schema

WHOLE = {
    "recipe": "mlp-moons", "created": 1.0, "overrides": {"optimizer.lr": 0.1, "model.hidden": [3]}, "data": "auto",
    "device": "cpu", "threads": 1, "precision": "fp32", "full": False, "steps": 9, "argv": ["run", "mlp-moons"],
    "versions": {"dltui": "1"},
}  # fmt: skip
MISSING = {"overrides": {}, "steps": 0, "argv": [], "versions": {}}


def test_a_whole_record_is_as_it_was():
    assert schema.record({**WHOLE, "of a later version": [1]}) == {**WHOLE, "of a later version": [1]}


@pytest.mark.parametrize("name", WHOLE)
def test_a_field_of_another_type_is_as_if_it_were_missing(name):
    for value in (None, [[]], {"a": None}, -1, 10**400, float("nan")):
        found = schema.record({**WHOLE, name: value})
        assert found.get(name, "missing") == MISSING.get(name, "missing")
        assert {key: found[key] for key in WHOLE if key != name} == {key: WHOLE[key] for key in WHOLE if key != name}


@pytest.mark.parametrize("data", [b"", b"[1, 2]", b"null", b"[" * 2000, b"\xff{}", json.dumps({"argv": 3}).encode()])
def test_a_broken_file_is_as_if_it_were_empty(data):
    run = runs.create("mlp-moons", "", {})
    (run.path / "run.json").write_bytes(data)
    assert run.info() == MISSING
    (run.path / "run.json").unlink()
    assert run.info() == MISSING
