"""`dltui export`: what it asks of the engine, and that nothing is written over unasked."""

import json

import pytest

from dltui.errors import ExitStatus
from dltui.jobs import engine_answer


@pytest.fixture
def asked(monkeypatch):
    """What was asked of the engine, which says that it wrote one file."""
    found = []
    saved = {"step": 5, "last_step": 7, "status": "stopped"}
    answer = {"files": [{"file": "net.onnx", "about": "takes Nx2", **saved}], "notes": []}
    monkeypatch.setattr(engine_answer, "ask", lambda *words: found.append(words) or answer)
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
    assert refused.status == ExitStatus.USAGE and "mine.txt is there already" in refused.err
    assert "--force" in refused.err
    assert not asked
    assert dltui("export", "last", "--to", "safetensors", "--out", str(tmp_path), "--force").status == 0


def test_csv_needs_no_engine(dltui, done, asked, tmp_path):
    run = done("mlp-moons")
    result = dltui("export", "last", "--to", "csv", "--out", str(tmp_path))
    assert result.status == 0 and not asked
    path = tmp_path / f"{run.id}.csv"
    assert result.out == f"{path}\n" and path.read_text().startswith("series,step,")
    again = dltui("export", "last", "--to", "csv", "--out", str(tmp_path))
    assert again.status == 0 and "was written over" in again.err
    path.write_text("mine")
    refused = dltui("export", "last", "--to", "csv", "--out", str(tmp_path))
    assert refused.status == ExitStatus.USAGE and path.read_text() == "mine"
    assert dltui("export", "last", "--to", "csv", "--out", str(tmp_path), "--force").status == 0


def test_lines_of_the_log_that_csv_passes_over_are_told(dltui, done, tmp_path):
    run = done("mlp-moons")
    assert "could not be read" not in dltui("export", "last", "--to", "csv", "--out", str(tmp_path)).err
    with run.log.open("ab") as log:
        log.write(b"[\n" * 3)
    result = dltui("export", "last", "--to", "csv", "--out", str(tmp_path), "--json")
    assert result.status == 0 and f"{run.id}: 3 lines of the log could not be read." in result.err
    assert [row["file"] for row in json.loads(result.out)] == [str(tmp_path / f"{run.id}.csv")]


@pytest.mark.parametrize("folder", [False, True])
def test_an_export_goes_on_over_its_own_files_and_over_no_others(dltui, done, monkeypatch, tmp_path, folder):
    """folder: as TensorBoard's files, whose names are always new: those of before would be read beside them."""
    run, out, count = done("mlp-moons"), tmp_path / "it", iter(range(1, 9))

    def ask(*words):
        out.mkdir(exist_ok=True)
        number = next(count)
        file = out / (f"events.{number}" if folder else "net.onnx")
        file.write_text(f"export {number}")
        return {"files": [{"file": str(out if folder else file), "about": "a net"}], "notes": []}

    monkeypatch.setattr(engine_answer, "ask", ask)
    first, second = (dltui("export", run.id, "--to", "onnx", "--out", str(out)) for _ in range(2))
    assert first.status == second.status == 0 and "written over" not in first.err and "written over" in second.err
    assert [path.read_text() for path in out.iterdir()] == ["export 2"]
    (out / "notes.txt").write_text("mine")
    refused = dltui("export", run.id, "--to", "onnx", "--out", str(out))
    assert refused.status == ExitStatus.USAGE and "notes.txt is there already" in refused.err
    for _ in range(2):  # the second time too it is no file of ours
        forced = dltui("export", run.id, "--to", "onnx", "--out", str(out), "--force")
        assert forced.status == 0 and (out / "notes.txt").read_text() == "mine"
    assert len(list(out.iterdir())) == 2


def test_another_runs_export_is_not_written_over(dltui, done, tmp_path):
    one, two = done("mlp-moons"), done("mlp-moons")
    dltui("export", one.id, "--to", "csv", "--out", str(tmp_path))
    (tmp_path / f"{one.id}.csv").rename(tmp_path / f"{two.id}.csv")
    assert dltui("export", two.id, "--to", "csv", "--out", str(tmp_path)).status == ExitStatus.USAGE


def test_what_it_cannot_write_is_refused_with_what_it_can(dltui, done):
    done("mlp-moons")
    result = dltui("export", "last", "--to", "excel")
    assert result.status == ExitStatus.USAGE and "onnx" in result.err and "csv" in result.err


def test_a_folder_for_the_hub_says_what_is_left_to_say_and_how_it_gets_there(dltui, done, asked, tmp_path):
    """The license is for whoever gives the weights away; the line can be pasted, whatever the folder is called."""
    run = done("mlp-moons")
    out = tmp_path / "my nets"
    result = dltui("export", run.id, "--to", "hf", "--variant", "net", "--out", str(out))
    assert result.status == 0 and result.out == "net.onnx\n"
    assert f"{out}/README.md says no license" in result.err
    assert f"hf upload YOUR-NAME/mlp-moons '{out}'" in result.err
    assert "hf upload" not in dltui("export", run.id, "--to", "torch", "--out", str(tmp_path / "t")).err
    quiet = dltui("export", run.id, "--to", "hf", "--out", str(tmp_path / "j"), "--json")
    assert json.loads(quiet.out)[0]["file"] == "net.onnx"


@pytest.mark.parametrize("kind", ["torch", "hf", "onnx", "safetensors"])
def test_a_run_that_is_not_there_is_no_export(dltui, done, asked, kind):
    done("mlp-moons")
    assert dltui("export", "nosuch", "--to", kind).status == ExitStatus.NOT_FOUND and not asked
