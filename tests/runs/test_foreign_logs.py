"""Logs of other trainers: each value at its step, what is no curve is told, broken files are refused in words."""

import json
import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch.utils.tensorboard import SummaryWriter

from dltui.errors import DltuiError, ExitStatus
from dltui.runs import log_folders
from dltui.runs.foreign_logs import read

LIGHTNING = "epoch,step,train_loss,val_acc\n0,9,0.5,\n0,9,,0.8\n1,19,0.25,\n1,19,,0.9\n"
ULTRALYTICS = "   epoch,   train/box_loss,  metrics/mAP50(B)\n       1,     2.5,   0.1\n       2,     1.5,   0.2\n"
KERAS = "epoch,accuracy,loss,val_loss\n0,0.1,2.0,nan\n1,0.2,1.0,inf\n"
GERMAN = "step;loss\n1;0.5\n2;0.25\n"


def written(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text) if isinstance(text, bytes) else path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "points"),
    [
        (LIGHTNING, {"train_loss": ([9, 19], [0.5, 0.25]), "val_acc": ([9, 19], [0.8, 0.9])}),
        (ULTRALYTICS, {"train/box_loss": ([1, 2], [2.5, 1.5]), "metrics/mAP50(B)": ([1, 2], [0.1, 0.2])}),
        (KERAS.replace("nan", "3").replace("inf", "4"),
         {"accuracy": ([0, 1], [0.1, 0.2]), "loss": ([0, 1], [2.0, 1.0]), "val_loss": ([0, 1], [3.0, 4.0])}),
        (GERMAN, {"loss": ([1, 2], [0.5, 0.25])}),
        ("a,b\n1,x\n2,y\n", {"a": ([1, 2], [1.0, 2.0])}),
        ("\ufeffstep,loss\r\n3,1\r\n1,2\r\n", {"loss": ([1, 3], [2.0, 1.0])}),
    ],
    ids=["lightning", "ultralytics", "keras", "semicolons", "no step", "mark, order"],
)  # fmt: skip
def test_a_csv_log(tmp_path, text, points):
    assert read(written(tmp_path, "log.csv", text)).series == {"": points}


def test_what_is_no_number_stays_one(tmp_path):
    values = read(written(tmp_path, "log.csv", KERAS)).series[""]["val_loss"][1]
    assert math.isnan(values[0]) and values[1] == math.inf


def test_json_lines_and_hugging_faces_state(tmp_path):
    rows = [{"step": 1, "loss": 2, "opt": {"lr": 0.1}, "ok": True}, {"step": 2, "loss": 1.5, "name": "x"}]
    lines = "\n".join(map(json.dumps, rows)) + "\n{broken\n"
    found = read(written(tmp_path, "log.jsonl", lines))
    assert found.series == {"": {"loss": ([1, 2], [2.0, 1.5]), "opt/lr": ([1], [0.1])}}
    told = "; ".join(found.notes)
    assert "no JSON objects: 1 line" in told and "passed over, no numbers: 1 cell of ok; " in told
    state = written(tmp_path, "trainer_state.json", json.dumps({"log_history": rows, "epoch": 1}))
    assert read(state).series == found.series


def test_a_column_of_words_names_the_series_and_a_step_that_comes_again_is_told(tmp_path):
    """Guards training losses that the validation's would take the place of."""
    rows = [{"epoch": at, "phase": of, "loss": at + (of == "val")} for at in (1, 2) for of in ("train", "val")]
    found = read(written(tmp_path, "log.jsonl", "\n".join(map(json.dumps, rows))))
    assert found.series == {"train": {"loss": ([1, 2], [1.0, 2.0])}, "val": {"loss": ([1, 2], [2.0, 3.0])}}
    assert "phase names the series: train, val" in found.notes
    again = read(written(tmp_path, "log.csv", "step,epoch,loss\n1,0,3\n1,0,2\n2,0,n/a\n"))
    assert again.series == {"": {"loss": ([1], [2.0])}}
    told = "; ".join(again.notes)
    assert "counts in its place: 1 value" in told and "1 cell of loss" in told and "no curves: epoch" in told


@pytest.mark.parametrize("writes", ["simple", "tensor"])
def test_tensorboards_files_each_folder_a_series(tmp_path, writes):
    for part in ("train", "validation"):
        writer = SummaryWriter(str(tmp_path / "logs" / part))
        for step in range(3):
            writer.add_scalar("loss/total", step / 2, step, new_style=writes == "tensor")
        writer.close()
    points = {"loss/total": ([0, 1, 2], [0.0, 0.5, 1.0])}
    assert read(tmp_path / "logs").series == {"train": points, "validation": points}
    (file,) = (tmp_path / "logs" / "train").iterdir()
    assert read(file).series == {"": points}
    file.write_bytes(file.read_bytes()[:-7])
    assert read(file).series[""]["loss/total"][0] == [0, 1]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("log.txt", "x", r"expected a log, found \.txt"),
        ("log.csv", "1,2\n3,4\n", "expected names of columns in the first line, found '1,2'"),
        ("log.csv", "step,loss,loss\n1,2,3\n", "'loss' twice"),
        ("log.csv", "step,loss\n", "expected numbers by step, found none"),
        ("log.csv", "", "expected names of columns"),
        ("log.csv", "step,loss\n1,0,693\n", "line 2 has 3 cells, and 2 columns are named .a decimal comma needs ;"),
        ("log.csv", "step,loss\n0,1,0.5\n1,2,0.4\n", "line 2 has 3 cells"),
        ("log.csv", "step;loss\n1;1,234\n2;2,345\n", "1,234 in line 2: its comma may be of decimals or of thousands"),
        ("log.csv", "step;loss;acc\n1;1,5;0.5\n", "1,5 in line 2, and 0.5 in line 2: its comma"),
        ("log.csv", "step;rows\n1;1,234,567\n2;2,5\n", "1,234,567 in line 2, and 2,5"),
        ("log.csv", b"\x1f\x8bxx", "gzip"),
        ("log.json", "{}", "log_history"),
        ("log.json", "[" * 10**5, "cannot be read as JSON"),
        ("log.jsonl", "[1]\n", "found none"),
        ("events.out.tfevents.1.x", b"\0" * 40, "found none"),
    ],
)
def test_what_is_no_log_is_told(tmp_path, name, text, words):
    path = tmp_path / name
    written(tmp_path, name, text)
    with pytest.raises(DltuiError, match=words) as caught:
        read(path)
    assert caught.value.status == ExitStatus.DATA


@pytest.mark.parametrize("name", ["gone.csv", "gone/log.csv", "gone"])
def test_what_is_not_there_is_not_found(tmp_path, name):
    """Guards one status for a missing file, whichever command was given it."""
    with pytest.raises(DltuiError, match=r"No such file|Not a directory") as caught:
        read(tmp_path / name)
    assert caught.value.status == ExitStatus.NOT_FOUND


@pytest.mark.parametrize("text", ["step;loss\n1;0,693\n2;1,234\n", 'step,loss\n1,"0,693"\n2,"1,234"\n'])
def test_decimal_commas_are_read_where_they_are_sure_and_it_is_told(tmp_path, text):
    found = read(written(tmp_path, "log.csv", text))
    assert found.series == {"": {"loss": ([1, 2], [0.693, 1.234])}}
    assert "decimal commas: 0,693 is read as 0.693" in found.notes


def test_a_line_that_is_still_being_written_is_passed_over(tmp_path):
    found = read(written(tmp_path, "log.csv", "step,loss,acc\n1,0.5,0.1\n2,0.4"))
    assert found.series == {"": {"loss": ([1], [0.5]), "acc": ([1], [0.1])}}
    assert any("last line" in note for note in found.notes)


def test_a_row_without_a_step_is_of_the_step_before(tmp_path):
    found = read(written(tmp_path, "log.csv", "step,loss,val\n5,0.5,\n,,0.7\n9,0.3,\n"))
    assert found.series == {"": {"loss": ([5, 9], [0.5, 0.3]), "val": ([5], [0.7])}}
    assert any("without a step, and of the one before: 1 row" in note for note in found.notes)


def test_what_wandb_exports_is_a_series_a_run_without_the_bounds(tmp_path):
    text = '"Step","a - loss","a - loss__MIN","a - loss__MAX","b - loss","b - loss__MIN","b - loss__MAX"\n'
    found = read(
        written(tmp_path, "export.csv", text + '"0","1","1","1","2","2","2"\n"1","0.5","0.5","0.5","1","1","1"\n')
    )
    assert found.series == {"a": {"loss": ([0, 1], [1.0, 0.5])}, "b": {"loss": ([0, 1], [2.0, 1.0])}}


def lightning(folder, text=LIGHTNING, hparams="lr: 0.02\nhidden: [64, 32]\nmodel: {depth: 3, act: relu}\nckpt: null\n"):
    folder.mkdir(parents=True)
    written(folder, "metrics.csv", text)
    written(folder, "hparams.yaml", hparams)
    return folder


def test_a_version_of_lightnings_has_its_curves_and_its_settings(tmp_path):
    folder = lightning(tmp_path / "lightning_logs" / "version_0")
    for path in (folder, folder / "metrics.csv"):
        found = read(path)
        assert found.series[""]["val_acc"] == ([9, 19], [0.8, 0.9])
        assert found.settings == {"lr": 0.02, "hidden": [64, 32], "model": {"depth": 3, "act": "relu"}}


def test_settings_that_would_make_objects_are_left_out_and_it_is_told(tmp_path):
    """Guards a log of somebody else's that runs code: YAML can name any of Python's functions."""
    mark = tmp_path / "mark"
    found = read(lightning(tmp_path / "version_0", hparams=f"x: !!python/object/apply:os.mkdir ['{mark}']\n"))
    assert found.settings == {} and not mark.exists()
    assert any("hparams.yaml is left out" in note for note in found.notes) and found.series[""]


def test_each_version_is_a_log_by_its_number(tmp_path):
    logs = tmp_path / "lightning_logs"
    for number in (10, 0, 2):
        lightning(logs / f"version_{number}")
    assert [path.name for path in log_folders.logs_in(logs)] == ["version_0", "version_2", "version_10"]
    assert log_folders.logs_in(logs / "version_2") == [logs / "version_2"]


def test_a_folder_of_hugging_faces_is_its_newest_state(tmp_path):
    for step in (500, 1000):
        (tmp_path / f"checkpoint-{step}").mkdir()
        rows = [{"step": at, "loss": 1 / at} for at in range(500, step + 1, 500)]
        written(tmp_path / f"checkpoint-{step}", "trainer_state.json", json.dumps({"log_history": rows}))
    assert read(tmp_path).series[""]["loss"][0] == [500, 1000]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.integers(0, 10**6), st.floats(allow_nan=False, width=64), min_size=1, max_size=20),
    st.sampled_from([",", ";", "\t"]),
)
def test_what_was_written_is_read(tmp_path, points, separator):
    rows = "".join(f"{step}{separator}{value!r}\n" for step, value in points.items())
    found = read(written(tmp_path, "log.csv", f"step{separator}loss\n{rows}")).series[""]["loss"]
    assert found == (sorted(points), [points[step] for step in sorted(points)])


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_spoilt_bytes_are_read_or_refused_in_words(tmp_path, data):
    name, text = data.draw(st.sampled_from([("a.csv", LIGHTNING), ("a.jsonl", '{"step": 1, "loss": 2}\n' * 3)]))
    raw = bytearray(text.encode())
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), max_size=5)):
        raw[place] = data.draw(st.integers(0, 255))
    path = written(tmp_path, name, bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    try:
        assert all(steps == sorted(steps) for steps, _ in read(path).series[""].values())
    except DltuiError as error:
        assert error.status == ExitStatus.DATA
