"""`dltui profile`: which recipe it has measured, how, and how it prints what the engine says."""

import json
import tomllib
from pathlib import Path

import pytest

from dltui.errors import ExitStatus
from dltui.jobs import engine_answer
from dltui.runs.events import EventLog

OPERATOR = {"name": "aten::mm", "calls": 21.0, "seconds": 0.0195, "share": 0.351, "shapes": []}
FLOPS = {"step": 496_648_192, "by_operator": {"aten.mm": 496_648_192}, "uncounted": [], "per_second": 7.92e9,
         "peak": None, "peak_source": "the peak of this CPU is not known", "mfu": None}  # fmt: skip
FOUND = {
    "variant": "", "device": "cpu", "precision": "fp32", "threads": 2, "batch": 64, "params": 785_937,
    "data": "builtin", "first_step": 0.2058, "warm_up": 5, "steps": 35, "launches": 0,
    "step": {"median": 0.0627, "low": 0.0617, "high": 0.0656, "mean": 0.0628},
    "parts": [{"name": "forward", "meaning": "", "seconds": 0.03, "share": 0.6},
              {"name": "rest", "meaning": "", "seconds": 0.02, "share": 0.4}],
    "objectives": [{"name": "discriminator", "seconds": 0.026, "share": 0.4},
                   {"name": "generator", "seconds": 0.035, "share": 0.55}],
    "profiled_step": 0.4104, "operators": [OPERATOR, {**OPERATOR, "name": "aten::addmm"}], "kernels": [],
    "memory": {"weights": 5_363_884, "optimizer": 6_287_560, "data": 11_088_000, "step": 3_488_844},
    "flops": FLOPS, "torch": "2.13.0",
}  # fmt: skip


@pytest.fixture
def asked(monkeypatch) -> list:
    """What the engine is asked: (recipe, options) of each question; every answer is FOUND."""
    questions = []

    def ask(entry, path, *words, report):
        assert entry == "profile"
        questions.append((tomllib.loads(Path(path).read_text()), dict(zip(words[::2], words[1::2], strict=True))))
        return FOUND

    monkeypatch.setattr(engine_answer, "ask", ask)
    return questions


def test_the_whole_of_it_is_printed(dltui, asked):
    out = dltui("profile", "gan-mnist", "--top", "1", COLUMNS="90").out
    assert out.startswith("gan-mnist: a step takes 62.70 ms\n")
    words = " ".join(out.split())
    for told in (
        "on cpu, fp32, 2 threads; batch of 64, 785,937 weights, builtin data",
        "first step 205.8 ms",
        "weights 5.1 MiB, optimizer 6.0 MiB, data 10.6 MiB; a step takes 3.3 MiB at most",
        "497 MFLOP a step, 7.92 GFLOP/s; no share of a peak (MFU): the peak of this CPU is not known",
        "Parts of a step, ms; 50.00 ms in all (the middle half of 35 steps)",
        "forward 60.0%",
        "generator 55.0%",
        "a step took 410.4 ms under it",
    ):
        assert told in words
    assert "aten::mm" in out and "aten::addmm" not in out
    assert max(map(len, out.splitlines())) <= 90


def test_a_share_of_the_peak_says_from_where_the_peak_is(dltui, asked, monkeypatch):
    known = {"peak": 989.5e12, "peak_source": "NVIDIA H200 data sheet", "mfu": 0.421, "uncounted": ["aten::_cudnn_rnn"]}
    monkeypatch.setitem(FOUND, "flops", {**FLOPS, **known})
    monkeypatch.setitem(FOUND, "kernels", [{**OPERATOR, "name": "sm90_gemm"}])
    out = " ".join(dltui("profile", "gan-mnist").out.split())
    assert "42.1% of the peak of 990 TFLOP/s (NVIDIA H200 data sheet)" in out
    assert "here aten::_cudnn_rnn." in out and "Kernels of the GPU" in out and "sm90_gemm" in out


def test_json_holds_what_the_engine_said_and_nothing_else_is_on_standard_output(dltui, asked):
    result = dltui("profile", "gan-mnist", "--json")
    assert json.loads(result.out) == {"recipe": "gan-mnist", "run": None, **FOUND} and not result.err


def test_a_run_is_measured_as_it_was_trained(dltui, asked, done):
    run = done("mlp-moons", "train.batch=48", "--precision", "fp32")
    log = EventLog(run.log)
    log.write("started", step=0, steps=9, device="cpu", threads=3, data={"from": "builtin"})
    log.close()
    run.log.write_bytes(run.log.read_bytes().splitlines(keepends=True)[-1])  # it alone tells of threads and data
    result = dltui("profile", "last", "optimizer.lr=0.5", "--variant", "net")
    (recipe, options) = asked[-1]
    assert recipe["train"]["batch"] == 48 and recipe["optimizer"]["lr"] == 0.5
    assert recipe["data"]["from"] == "builtin"
    assert options == {"--steps": "0", "--device": "auto", "--precision": "fp32", "--threads": "3", "--variant": "net"}
    assert f"Profiling {run.id}, with your changes." in result.err
    dltui("profile", "mlp-moons", "--device", "cuda:1", "--threads", "2", "--steps", "7", "--data", "hub")
    assert asked[-1][0]["data"]["from"] == "hub"
    assert asked[-1][1] == {"--steps": "7", "--device": "cuda:1", "--precision": "fp32", "--threads": "2"}


@pytest.mark.parametrize(
    ("words", "status", "told"),
    [
        (
            ["gan-mnistt"],
            ExitStatus.NOT_FOUND,
            'There is no run and no recipe "gan-mnistt".\nDid you mean "gan-mnist"?',
        ),
        (["kmeans"], ExitStatus.USAGE, "trains no net by gradients"),
        (["mlp-moons", "--variant", "nett"], ExitStatus.USAGE, 'has no variant "nett".\nValid: line, net.'),
        (["gan-mnist", "--variant", "a"], ExitStatus.USAGE, "It has none: leave --variant out."),
        (["gan-mnist", "--device", "gpu"], ExitStatus.USAGE, 'device "gpu" is unknown.'),
        (["gan-mnist", "train.bach=3"], ExitStatus.USAGE, "on the command line"),
        (["gan-mnist", "train.batch"], ExitStatus.USAGE, "is not KEY=VALUE"),
        (["./none.toml"], ExitStatus.NOT_FOUND, "none.toml"),
    ],
)
def test_what_cannot_be_measured_is_told_before_an_engine_starts(dltui, asked, words, status, told):
    result = dltui("profile", *words)
    assert result.status == status and told in result.err and not result.out and not asked
