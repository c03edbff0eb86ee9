"""`dltui export`: what it asks of the engine, and that nothing is written over unasked."""

import json

import pytest

from dltui.errors import ExitStatus
from dltui.jobs import launch


@pytest.fixture
def asked(monkeypatch):
    """What was asked of the engine, which says that it wrote one file."""
    found = []
    saved = {"step": 5, "last_step": 7, "status": "stopped"}
    answer = {"files": [{"file": "net.onnx", "about": "takes Nx2", **saved}], "notes": []}
    monkeypatch.setattr(launch, "ask", lambda *words: found.append(words) or answer)
    return found


def test_the_files_stand_on_standard_output_what_is_in_them_beside(dltui, done, asked, tmp_path):
    run = done("mlp-moons")
    result = dltui("export", "last", "--to", "onnx", "--out", str(tmp_path / "it"), "--variant", "net")
    assert (result.status, result.out) == (0, "net.onnx\n") and "takes Nx2" in result.err
    assert f"are of step 5, not of step 7, the last of {run.id} (stopped)" in result.err
    assert asked == [("export", str(run.path), "--to", "onnx", "--out", str(tmp_path / "it"), "--variant", "net")]
    assert json.loads(dltui("export", "last", "--to", "onnx", "--json").out) == [
        {"file": "net.onnx", "about": "takes Nx2", "step": 5, "last_step": 7, "status": "stopped"}
    ]


def test_nothing_is_written_over_unless_it_is_asked_for(dltui, done, asked, tmp_path):
    done("mlp-moons")
    (tmp_path / "mine.txt").write_text("mine")
    refused = dltui("export", "last", "--to", "safetensors", "--out", str(tmp_path))
    assert refused.status == ExitStatus.USAGE and "already there" in refused.err and "--force" in refused.err
    assert not asked
    assert dltui("export", "last", "--to", "safetensors", "--out", str(tmp_path), "--force").status == 0


def test_csv_needs_no_engine(dltui, done, asked, tmp_path):
    run = done("mlp-moons")
    result = dltui("export", "last", "--to", "csv", "--out", str(tmp_path))
    assert result.status == 0 and not asked
    path = tmp_path / f"{run.id}.csv"
    assert result.out == f"{path}\n" and path.read_text().startswith("series,step,")
    assert dltui("export", "last", "--to", "csv", "--out", str(tmp_path)).status == ExitStatus.USAGE


def test_what_it_cannot_write_is_refused_with_what_it_can(dltui, done):
    done("mlp-moons")
    result = dltui("export", "last", "--to", "excel")
    assert result.status == ExitStatus.USAGE and "onnx" in result.err and "csv" in result.err
