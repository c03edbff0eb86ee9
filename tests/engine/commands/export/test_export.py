"""What is exported is what was trained: other programs, reading it, give the same numbers."""

import csv
import resource

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from dltui.engine.commands.export import __main__ as exports
from dltui.engine.commands.export import onnx_files, torch_files
from dltui.engine.commands.export.entries import entries_of
from dltui.engine.commands.saved_run import open_learner
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import csv_export
from dltui.runs import run as runs
from dltui.runs.events import EventLog

CHANGES = {"gan-mnist": {"alone": True, "data.train_rows": 200, "data.test_rows": 60}}


@pytest.mark.parametrize("name", ["mlp-moons", "gan-mnist"])
def test_onnxruntime_gives_what_torch_gives_for_any_number_of_rows(trained, tmp_path, name):
    import onnxruntime

    run = trained(name, **CHANGES.get(name, {}))
    found = exports.export(run, "onnx", tmp_path, "")["files"]
    names = {"mlp-moons": {"line-model", "net-model"}, "gan-mnist": {"generator", "discriminator", "average"}}[name]
    assert {path.stem for path in tmp_path.glob("*.onnx")} == names and len(found) == len(names)
    for path in tmp_path.glob("*.onnx"):
        variant, _, role = path.stem.rpartition("-")
        learner, _ = open_learner(run, variant, pytest.fail)
        [(_, (inputs,))] = entries_of(learner)[role]
        x = torch.randn(7, *inputs.shape[1:])
        session = onnxruntime.InferenceSession(str(path))
        [answer] = session.run(None, {session.get_inputs()[0].name: x.numpy()})
        with torch.no_grad():
            wanted = learner.nets[role].eval()(x)
        torch.testing.assert_close(torch.from_numpy(answer), wanted, rtol=1e-4, atol=1e-5)


def test_a_file_that_answers_otherwise_than_torch_is_not_left_behind(trained, tmp_path, monkeypatch):
    """Guards the comparison: a net that was traced with other weights must not be called exported."""
    written = onnx_files._written

    def spoiled(run, role, net, inputs, path):
        rows = written(run, role, net, inputs, path)
        with torch.no_grad():
            next(net.parameters()).add_(0.1)
        return rows

    monkeypatch.setattr(onnx_files, "_written", spoiled)
    with pytest.raises(DltuiError, match="onnxruntime's answer differs from torch's"):
        exports.export(trained("mlp-moons"), "onnx", tmp_path, "")
    assert not list(tmp_path.iterdir())


def test_safetensors_hold_the_weights_of_the_last_checkpoint(trained, tmp_path):
    run = trained("mlp-moons")
    [found] = exports.export(run, "safetensors", tmp_path, "net")["files"]
    assert (found["step"], found["last_step"], found["status"]) == (20, 20, "done")
    assert [path.name for path in tmp_path.iterdir()] == ["net-model.safetensors"]
    learner, _ = open_learner(run, "net", pytest.fail)
    state = learner.nets["model"].state_dict()
    found = load_file(tmp_path / "net-model.safetensors")
    assert found.keys() == state.keys() and all(torch.equal(found[name], state[name]) for name in state)


def test_tensorboard_reads_the_numbers_of_the_csv_and_the_pictures(trained, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    run = trained("gan-mnist", **CHANGES["gan-mnist"])
    exports.export(run, "tensorboard", tmp_path / "tb", "")
    csv_export.write(run, tmp_path / "it.csv")
    seen = EventAccumulator(str(tmp_path / "tb")).Reload()
    rows = list(csv.DictReader((tmp_path / "it.csv").read_text().splitlines()))
    for name in seen.Tags()["scalars"]:
        wanted = [(int(row["step"]), float(row[name])) for row in rows if row[name]]
        found = [(event.step, event.value) for event in seen.Scalars(name)]
        assert [step for step, _ in found] == [step for step, _ in wanted]
        np.testing.assert_allclose([v for _, v in found], [v for _, v in wanted], rtol=1e-6)
    assert set(rows[0]) - {"series", "step"} == set(seen.Tags()["scalars"])
    assert "samples" in seen.Tags()["images"] and seen.Images("samples")[0].encoded_image_string[:4] == b"\x89PNG"


def test_what_a_resumed_run_did_again_stands_once_in_tensorboard(tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    log = EventLog(tmp_path / "events.jsonl")
    log.write("started", step=0, steps=8)
    log.write("scalars", series="", step=[1, 2, 3, 4, 5], values={"loss": [9.0] * 5})
    log.write("started", step=3, steps=8)
    log.write("scalars", series="", step=[4, 5, 6, 7, 8], values={"loss": [7.0] * 5})
    log.close()
    with (tmp_path / "events.jsonl").open("ab") as file:
        file.write(b"[\n")
    [row] = exports.export(runs.Run(tmp_path), "tensorboard", tmp_path / "tb", "")["files"]
    assert row["about"] == "8 numbers, 0 pictures; lines of the log that could not be read: 1"
    seen = EventAccumulator(str(tmp_path / "tb"), purge_orphaned_data=False).Reload().Scalars("loss")
    assert [event.step for event in seen] == list(range(1, 9))
    assert [event.value for event in seen] == [9.0] * 3 + [7.0] * 5


def test_a_full_disk_leaves_no_half_file_and_is_told(trained, tmp_path):
    run = trained("mlp-moons")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(DltuiError, match="too large"):
            exports.export(run, "safetensors", tmp_path / "new", "")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not (tmp_path / "new").exists()


def test_each_variant_has_a_folder_of_its_own(trained, tmp_path):
    found = exports.export(trained("mlp-moons"), "tensorboard", tmp_path, "")["files"]
    assert {row["file"] for row in found} == {str(tmp_path / "line"), str(tmp_path / "net")}


def test_a_run_without_nets_says_what_can_be_exported(trained, tmp_path):
    run = trained("kmeans")
    for kind in ("onnx", "safetensors", "torch", "hf"):
        with pytest.raises(DltuiError, match="trained no nets") as fault:
            exports.export(run, kind, tmp_path / "new", "")
        assert fault.value.status == ExitStatus.USAGE
        assert "--to csv" in fault.value.hint and not (tmp_path / "new").exists()


def test_a_variant_that_there_is_not_is_told_with_those_that_there_are(trained, tmp_path):
    """Guards against "Valid: ." where a run has none."""
    for name, hint in (("mlp-moons", "Valid: line, net."), ("gan-mnist", "It has none: leave --variant out.")):
        with pytest.raises(DltuiError, match='no variant "nope"') as fault:
            exports.export(trained(name, **CHANGES.get(name, {})), "safetensors", tmp_path, "nope")
        assert fault.value.hint == hint


def test_a_missing_package_is_named_with_what_to_install(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(exports, "find_spec", lambda name: None if name == "onnxruntime" else True)
    with pytest.raises(DltuiError, match="onnxruntime is not installed") as fault:
        exports.export(trained("mlp-moons"), "onnx", tmp_path, "")
    assert "dltui[export]" in fault.value.hint


def test_a_place_that_cannot_be_written_is_told(trained, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(DltuiError, match="file"):
        exports.export(trained("mlp-moons"), "safetensors", tmp_path / "file", "")


def test_an_export_that_fails_at_its_second_variant_leaves_nothing_of_the_first(trained, tmp_path, monkeypatch):
    (tmp_path / "mine.txt").write_text("mine")
    packed = torch_files.packed

    def once(run, learner):
        if learner.series == "net":
            raise DltuiError("no", "never", ExitStatus.USAGE)
        return packed(run, learner)

    monkeypatch.setattr(torch_files, "packed", once)
    with pytest.raises(DltuiError, match="no"):
        exports.export(trained("mlp-moons"), "torch", tmp_path, "")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
