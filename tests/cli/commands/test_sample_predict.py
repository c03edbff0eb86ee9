"""`dltui sample` and `dltui predict`: what they ask of the engine and how they print its answer."""

import json

import pytest
from PIL import Image

from dltui.errors import ExitStatus
from dltui.jobs import launch


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
    return answers({"payload": payload, "files": [str(tmp_path / "s.png")]})


def test_sample_prints_the_files(dltui, done, samples, tmp_path):
    run = done("gan-mnist")
    result = dltui("sample", "gan-mnist", "--count", "4", "--seed", "7", "--variant", "a")
    assert result == (0, f"{tmp_path / 's.png'}\n", "")
    assert samples == [("sample", str(run.path), "--count", "4", "--seed", "7", "--variant", "a")]


def test_sample_draws_on_a_terminal(dltui, done, samples, tmp_path):
    done("gan-mnist")
    out = dltui("sample", "last", terminal=True, COLORTERM="truecolor").out
    assert out.count("\x1b[48;2;") >= 10 and out.endswith("\x1b[0m\n" + str(tmp_path / "s.png") + "\n")


def test_predict_prints_labels_and_says_what_it_could_not_read(dltui, done, answers):
    run = done("lenet-mnist")
    rows = [{"file": "a.png", "label": "7", "probabilities": {"7": 0.91, "1": 0.06, "2": 0.02, "3": 0.01}, "error": ""},
            {"file": "b.png", "label": "", "probabilities": {}, "error": "not a picture"}]  # fmt: skip
    asked = answers({"rows": rows})
    result = dltui("predict", "last", "a.png", "b.png")
    assert asked == [("predict", str(run.path), "--", "a.png", "b.png")]
    assert result.status == ExitStatus.DATA and result.err == "b.png: not a picture\n"
    assert result.out.splitlines()[1].split() == ["a.png", "7", "7", "91.0%", "1", "6.0%", "2", "2.0%"]
    assert json.loads(dltui("predict", "last", "a.png", "--json").out)["rows"] == rows
