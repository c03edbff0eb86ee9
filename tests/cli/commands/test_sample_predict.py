"""`dltui sample` and `dltui predict`: what they ask of the engine and how they print its answer."""

import json

import pytest
from PIL import Image

from dltui.errors import ExitStatus
from dltui.jobs import launch

SAVED = {"step": 1000, "last_step": 1000, "status": "done", "notes": []}


@pytest.fixture
def answers(monkeypatch):
    """answers(value) -> the list of what is asked; every question is answered so."""

    def with_(value: dict) -> list:
        asked = []
        monkeypatch.setattr(launch, "ask", lambda *words: asked.append(words) or value)
        return asked

    return with_


@pytest.fixture
def samples(tmp_path, answers):
    Image.new("L", (28, 28), 200).save(tmp_path / "s.png")
    payload = {"type": "image", "file": "s.png", "rows": 1, "columns": 1}
    return answers({"payload": payload, "files": [str(tmp_path / "s.png")], **SAVED})


def test_sample_prints_the_files(dltui, done, samples, tmp_path):
    run = done("gan-mnist")
    result = dltui("sample", "gan-mnist", "--count", "4", "--seed", "7", "--variant", "a")
    assert result == (0, f"{tmp_path / 's.png'}\n", "The weights are of step 1,000.\n")
    assert samples == [("sample", str(run.path), "--count", "4", "--seed", "7", "--variant", "a")]


def test_sample_draws_on_a_terminal(dltui, done, samples, tmp_path):
    done("gan-mnist")
    out = dltui("sample", "last", terminal=True, COLORTERM="truecolor").out
    assert out.count("\x1b[48;2;") >= 10 and out.endswith("\x1b[0m\n" + str(tmp_path / "s.png") + "\n")


def test_predict_prints_labels_and_says_what_it_could_not_read(dltui, done, answers):
    run = done("lenet-mnist")
    rows = [{"file": "a.png", "label": "7", "probabilities": {"7": 0.91, "1": 0.06, "2": 0.02, "3": 0.01}, "error": ""},
            {"file": "b.png", "label": "", "probabilities": {}, "error": "not a picture"}]  # fmt: skip
    asked = answers({"rows": rows, **SAVED})
    result = dltui("predict", "last", "a.png", "b.png")
    assert asked == [("predict", str(run.path), "--", "a.png", "b.png")]
    assert result.status == ExitStatus.DATA
    assert result.err == "The weights are of step 1,000.\nb.png: not a picture\n"
    assert result.out.splitlines()[1].split() == ["a.png", "7", "7", "91.0%", "1", "6.0%", "2", "2.0%"]
    printed = json.loads(dltui("predict", "last", "a.png", "--json").out)
    assert printed["rows"] == rows and printed["step"] == printed["last_step"] == 1000


@pytest.mark.parametrize(
    ("status", "then"),
    [("failed", "go on with it: dltui run --resume {}"), ("running", "newer ones come"), ("diverged", "is not saved.")],
)
@pytest.mark.parametrize("more", [[], ["--json"]])
def test_weights_that_are_not_of_the_last_step_are_told_as_such(dltui, done, answers, status, then, more):
    run = done("lenet-mnist")
    note = "step-0000001000.safetensors: damaged."
    answers({"rows": [], **SAVED, "last_step": 6000, "status": status, "notes": [note]})
    told = dltui("predict", "last", "a.png", *more).err
    assert note in told and f"are of step 1,000, not of step 6,000, the last of {run.id} ({status})" in told
    assert then.format(run.id).lower() in told.lower()
