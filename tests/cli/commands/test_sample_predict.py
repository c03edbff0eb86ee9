"""`dltui sample` and `dltui predict`: what they ask of the engine and how they print its answer."""

import json
import re
from pathlib import Path

import pytest
from PIL import Image

from dltui.errors import ExitStatus
from dltui.jobs import engine_answer
from dltui.runs.run import Run

SAVED = {"step": 1000, "last_step": 1000, "status": "done", "notes": []}


@pytest.fixture
def answers(monkeypatch):
    """answers(value) -> the list of what is asked; every question is answered so, of whatever run."""
    monkeypatch.setattr(Run, "has_checkpoint", True)

    def with_(value: dict) -> list:
        asked = []
        monkeypatch.setattr(engine_answer, "ask", lambda *words: asked.append(words) or value)
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
    assert result[:2] == (0, f"{tmp_path / 's.png'}\n")
    assert result.err.startswith(f"The weights are of step 1,000, the last of {run.id}, variant a (done, ")
    assert samples == [("sample", str(run.path), "--count", "4", "--seed", "7", "--variant", "a")]


def test_sample_is_laid_out_and_copied_where_it_is_asked_for(dltui, done, samples, tmp_path):
    run = done("gan-mnist")
    target = tmp_path / "grid.png"
    words = ("sample", "last", "--grid", "2x5", "--label", "7", "--out", str(target))
    assert dltui(*words).out == f"{target}\n"
    assert samples == [("sample", str(run.path), "--count", "10", "--seed", "0", "--label", "7", "--columns", "5")]
    assert target.read_bytes() == (tmp_path / "s.png").read_bytes()
    again = dltui(*words)
    assert again.status == ExitStatus.USAGE and "is there already" in again.err and len(samples) == 1


def test_the_way_out_of_noise_is_filmed(dltui, done, samples, tmp_path):
    done("ddpm")
    (tmp_path / "s.gif").write_bytes(b"GIF")
    answer = engine_answer.ask("sample")
    answer["files"] = [str(tmp_path / "s.png"), str(tmp_path / "s.gif")]
    samples.clear()
    assert dltui("sample", "last", "--gif", str(tmp_path / "way.gif")).out == f"{tmp_path / 'way.gif'}\n"
    assert samples[0][-1] == "--film" and (tmp_path / "way.gif").read_bytes() == b"GIF"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--grid", "0x3"), "1x1 to 64x64"),
        (("--grid", "99x99"), "1x1 to 64x64"),
        (("--out", "a.jpg"), "must end in .png"),
        (("--gif", "no/such/a.gif"), "there is no folder no/such"),
    ],
)
def test_what_sample_cannot_do_is_told_before_an_engine_starts(dltui, done, samples, words, told):
    done("gan-mnist")
    result = dltui("sample", "last", *words)
    assert result.status in (ExitStatus.USAGE, ExitStatus.NOT_FOUND) and told in result.err and not samples


def test_sample_draws_on_a_terminal(dltui, done, samples, tmp_path):
    done("gan-mnist")
    out = dltui("sample", "last", terminal=True, COLORTERM="truecolor").out
    assert out.count("\x1b[48;2;") >= 10 and out.endswith("\x1b[0m\n" + str(tmp_path / "s.png") + "\n")


def test_predict_of_a_file_that_is_not_there_is_not_found(dltui, done, answers):
    done("lenet-mnist")
    row = {"file": "a.png", "label": "", "probabilities": {}, "error": "a.png: No such file or directory.", "done": []}
    answers({"rows": [row], "notes": []})
    assert dltui("predict", "last", "a.png").status == ExitStatus.NOT_FOUND


def test_predict_takes_texts_from_standard_input_and_prints_them_behind(dltui, done, answers):
    run = done("sentiment")
    row = {"label": "positive", "probabilities": {"positive": 0.9, "negative": 0.1}, "error": "", "done": ["unknown"]}
    asked = answers({"rows": [{**row, "file": "FOLDER/stdin.txt:2", "text": "not bad"}], **SAVED})
    result = dltui("predict", "last", "-", "own.txt", stdin="\nnot bad\n")
    [(_, _, _, folder, _, first, second)] = asked
    assert (first, second) == (f"{folder}/stdin.txt", "own.txt") and not Path(folder).exists()
    assert result.out.splitlines()[1].split() == [
        "FOLDER/stdin.txt:2", "positive", "positive", "90.0%", "negative", "10.0%", "not", "bad",
    ]  # fmt: skip
    assert f"the last of {run.id}" in result.err


def test_predict_prints_labels_and_says_what_it_could_not_read(dltui, done, answers):
    run = done("lenet-mnist")
    rows = [{"file": "a.png", "label": "7", "probabilities": {"7": 0.91, "1": 0.06, "2": 0.02, "3": 0.01}, "error": "",
             "done": ["inverted", "cropped"]},
            {"file": "b.png", "label": "", "probabilities": {}, "error": "not a picture", "done": []}]  # fmt: skip
    asked = answers({"rows": rows, **SAVED})
    result = dltui("predict", "last", "a.png", "b.png")
    [(entry, path, _, folder, *files)] = asked
    assert (entry, path, files) == ("predict", str(run.path), ["--", "a.png", "b.png"]) and not Path(folder).exists()
    assert result.status == ExitStatus.DATA
    which, done_to_it, fault, readable = result.err.splitlines()
    assert re.fullmatch(
        rf"The weights are of step 1,000, the last of {run.id} \(done, \d+ s ago\): accuracy 0\.500\.", which
    )
    assert (done_to_it, fault) == ("a.png: inverted; cropped.", "b.png: not a picture") and "PNG, JPEG" in readable
    assert result.out.splitlines()[1].split() == ["a.png", "7", "7", "91.0%", "1", "6.0%", "2", "2.0%"]
    printed = json.loads(dltui("predict", "last", "a.png", "--json").out)
    assert printed["rows"] == rows and printed["step"] == printed["last_step"] == 1000
    assert (printed["run"], printed["values"]) == (run.id, {"accuracy": 0.5}) and printed["ended"] > 0


def test_predict_shows_on_a_terminal_what_the_net_sees(dltui, done, monkeypatch):
    done("lenet-mnist")
    row = {"file": "a.png", "label": "seven", "probabilities": {}, "error": "", "done": []}

    def answer(*words):
        Image.new("L", (28, 28), 200).save(Path(words[words.index("--folder") + 1]) / "seen.png")
        seen = {"type": "image", "file": "seen.png", "rows": 1, "columns": 1, "captions": ["seven"]}
        return {"rows": [row], **SAVED, "seen": seen}

    monkeypatch.setattr(Run, "has_checkpoint", True)
    monkeypatch.setattr(engine_answer, "ask", answer)
    shown, plain = (dltui("predict", "last", "a.png", terminal=terminal).out for terminal in (True, False))
    assert shown.count("seven") == 2 and plain.count("seven") == 1
    assert "seen" not in json.loads(dltui("predict", "last", "a.png", "--json").out)


def test_the_same_that_was_done_to_many_pictures_is_told_once(dltui, done, answers):
    done("lenet-mnist")
    rows = [
        {"file": f"{n}.png", "label": "7", "probabilities": {}, "error": "", "done": ["inverted"]} for n in range(9)
    ]
    answers({"rows": rows, **SAVED})
    assert dltui("predict", "last", "0.png").err.endswith("0.png, 1.png, 2.png and 6 more: inverted.\n")


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


def test_a_seed_that_no_generator_takes_is_refused_before_the_engine_begins(dltui, done):
    done("gan-mnist")
    result = dltui("sample", "last", "--seed", str(2**63))
    assert result.status == ExitStatus.USAGE and "--seed" in result.err
