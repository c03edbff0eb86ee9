"""Mistakes in parts of the user's own are told in words: the user's file, what it gave, what is expected, status 2.

Real engines, forked. The traceback, where there is one, stands in engine.log alone.
"""

import re

import pytest
import torch

from dltui.errors import ExitStatus
from dltui.recipes import kind_files, schema
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from dltui.runs.events import Tail
from dltui.runs.history import History
from tests.engine.training.own_part_sources import PARTS
from tests.forked import ended, start_engine

RETURN = "return self.head(h * self.scale)"
LOSS = "return self.slope * cross_entropy(logits, targets)"
MISTAKES = {
    # a net
    "takes other inputs": (
        "my_net",
        "nn.Linear(inputs, width)",
        "nn.Linear(7, width)",
        r"my_net\.py:25, in forward: "
        r"RuntimeError: mat1 and mat2 .* The line: `h = torch\.relu",
    ),
    "gives other classes": (
        "my_net",
        "nn.Linear(width, classes)",
        "nn.Linear(width, 5)",
        r"my_net\.py:24, in forward: the net gives a tensor of shape \(\d+, 5\) .*: \(B, 2\)",
    ),
    "gives nothing": ("my_net", RETURN, "self.head(h)", r"the net gives None .* Is a return missing\?"),
    "gives two": ("my_net", RETURN, "return self.head(h), h", r"the net gives a tuple"),
    "gives fewer rows": ("my_net", RETURN, "return self.head(h)[:1]", r"shape \(1, 2\) for inputs of shape \(\d+, 2\)"),
    "builds nothing": ("my_net", "return Net(", "Net(", r"my_net\.py:9, in build: build\(\) returned None.*nn\.Module"),
    "builds a class": ("my_net", "return Net(width, inputs, classes)", "return Net", r"the class Net itself"),
    "no super": ("my_net", "        super().__init__()\n", "", r"Call super\(\)\.__init__\(\) first"),
    "changes a weight": (
        "my_net",
        "        h = ",
        "        self.scale += 1\n        h = ",
        r"in-place operation.*no_grad",
    ),
    "has no gradient": (
        "my_net",
        RETURN,
        "return self.head(h).detach()",
        r"my_net\.py: the loss of a step is without a"
        r" gradient.*\.detach\(\)",
    ),
    "imports what is not there": (
        "my_net",
        "import torch\n",
        "import torchvison\nimport torch\n",
        r"my_net\.py:3, in <module>: ModuleNotFoundError.*copied alone",
    ),
    "leaves": ("my_net", RETURN, "exit()", r"my_net\.py:26, in forward: SystemExit"),
    # a loss
    "a loss a row": (
        "my_loss",
        LOSS,
        "return cross_entropy(logits, targets, reduction='none')",
        r"my_loss\.py:18, in __call__: the loss is a tensor of shape \(\d+\).*the mean over the rows",
    ),
    "no loss": ("my_loss", LOSS, "cross_entropy(logits, targets)", r"the loss is None \(is a return missing\?\)"),
    "a number": ("my_loss", LOSS, LOSS + ".item()", r"the loss is [\d.]+, a float.*a scalar with a gradient"),
    "a loss without a gradient": ("my_loss", LOSS, LOSS + ".detach()", r"my_loss.*the loss is without a gradient"),
    "other arguments": (
        "my_loss",
        "logits, targets):",
        "logits):",
        r"my_loss\.py:18, in __call__: TypeError: "
        r"Steep\.__call__\(\) takes 2 .* contract",
    ),
    "no probabilities": (
        "my_loss",
        "def probabilities",
        "def shares",
        r"a Steep, has no probabilities.*contracts/loss",
    ),
    "odd probabilities": ("my_loss", "softmax(1)", "softmax(1).sum(1)", r"the probabilities are a tensor of shape"),
    # an optimizer
    "no optimizer": ("my_descent", "partial(Descent, lr=lr)", "list", r"makes a list of the parameters.*Optimizer"),
    "an optimizer already made": (
        "my_descent",
        "partial(Descent, lr=lr)",
        "Descent([torch.zeros(1)], lr)",
        r"build\(\) returned a Descent.*a function of the parameters",
    ),
    # a probe
    "an undeclared metric": (
        "my_probe",
        '{"ece": 0.5}',
        '{"eec": 0.5}',
        r'my_probe\.py:23, in evaluate: it measures "eec"'
        r'.*Did you mean "ece"',
    ),
    "a metric alone": ("my_probe", '{"ece": 0.5}', "0.5", r"it returned 0\.5, a float.*Expected: {\"metric\": number}"),
    "a metric of many": ("my_probe", '{"ece": 0.5}', '{"ece": torch.zeros(3)}', r'"ece" is a tensor of shape \(3\)'),
    "unequal lengths": (
        "my_probe",
        "y=[1, 2]",
        "y=[1, 2, 3]",
        r"my_probe\.py:27, in pictures: ValueError: Curve needs as"
        r" many of each: x 2, y 3",
    ),
    "one picture": ("my_probe", "yield Picture", "return Picture", r"it returned a Picture.*yield Picture"),
    "no picture": ("my_probe", 'yield Picture("bins", Lines', 'yield ("bins", Lines', r"it gave a tuple"),
    "made already": (
        "my_probe",
        "lambda task: Calibration(task, bins)",
        "Calibration(None, bins)",
        r"build\(\) returned a Calibration.*a function of the task",
    ),
    "made of more": (
        "my_probe",
        "lambda task: Calibration(task, bins)",
        "Calibration",
        r"missing a required argument: 'bins'",
    ),
    # an algorithm
    "no step": (
        "my_count",
        "def step",
        "def stride",
        r"a Counter, which is no algorithm.*step\(\) and done.*length and at",
    ),
    "no module": ("my_count", "class Counter(nn.Module):", "class Counter:", r"Counter"),
    "steps that return a number": (
        "my_count",
        "self.n += 1",
        "self.n += 1\n        return 3.0",
        r"in step: it returned 3\.0",
    ),
    # rows
    "no rows": ("my_blobs", "return Dataset(", "Dataset(", r"my_blobs\.py: its rows are None.*Is a return missing"),
    "targets of all": (
        "my_blobs",
        "Split(x[half:], y[half:])",
        "Split(x[half:], y)",
        r"test has 50 inputs and 100 targets",
    ),
    "too few classes": ("my_blobs", '("low", "high")', '("low",)', r"targets are 0 to 1, and there are 1 classes"),
    "no facts": ("my_blobs", "facts_of(x, names)", "{}", r"facts does not tell inputs and classes.*facts_of"),
}


@pytest.fixture
def ran(tmp_path, monkeypatch):
    """Runs a part, with a change of its source, in an engine: the status, the run and its history."""
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(schema, "_declared", {})
    torch.optim.SGD([torch.zeros(1)], 0.1)  # the first one imports half of torch: once here, not in each engine

    def run(part: str, old: str = "", new: str = ""):
        source, table = PARTS[part]
        assert old in source
        (tmp_path / f"{part}.py").write_text(source.replace(old, new))
        recipe = recipes.of_table({**table, "kinds": [f"{part}.py"]}, tmp_path / "mine.toml")
        kept = kind_files.copies(recipe.table)
        text = recipes.to_toml(recipe._replace(table=recipe.table | {"kinds": list(kept.files)}))
        info = {"threads": 1, "device": "cpu", "kinds": kept.records}
        made = runs.create("mine", text, info, files=kept.files)
        status, history = ended(start_engine(made)), History()
        history.take(Tail(made.log).read())
        return status, made, history

    return run


@pytest.mark.parametrize("part", PARTS)
def test_parts_as_a_user_writes_them_run(ran, part):
    """Guards the checks themselves: what is right is not refused."""
    status, run, history = ran(part)
    assert status == 0, run.engine_log.read_text()
    assert not [note for note in history.notes if note["level"] != "info"]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_by_the_users_file(ran, tmp_path, mistake):
    part, old, new, words = MISTAKES[mistake]
    status, run, history = ran(part, old, new)
    told = f"{history.finished['error']} {history.finished['hint']}"
    assert status == ExitStatus.USAGE == history.finished["exit"], told
    assert re.search(words, told), told
    assert (
        told.startswith(str(tmp_path / f"{part}.py"))
        and "Traceback" not in told
        and str(run.path / "kinds") not in told
    )


def test_the_traceback_stands_in_engine_log(ran):
    _, run, _ = ran("my_net", "nn.Linear(inputs, width)", "nn.Linear(7, width)")
    assert "Traceback (most recent call last)" in run.engine_log.read_text()


def test_what_is_declared_and_never_measured_is_told_once(ran):
    status, _, history = ran("my_probe", '{"ece": 0.5}', "{}")
    told = [note["text"] for note in history.notes if note["level"] == "warning"]
    assert status == 0 and len(told) == 1 and "METRICS declares ece, which was not measured" in told[0]


def test_a_process_may_call_its_attributes_as_it_likes(ran):
    """Guards a Process that has an `at` of its own from being looked up as a Walkthrough."""
    status, run, history = ran("my_count", "self.end = end", "self.end = end\n        self.at = self.length = end")
    assert status == 0, run.engine_log.read_text()
    assert history.finished["summary"]["count"] == 4


def test_what_a_net_prints_stands_in_engine_log(ran):
    _, run, history = ran("my_net", "        h = ", "        print('seen', x.shape)\n        h = ")
    assert history.finished["exit"] == 0 and "seen torch.Size([" in run.engine_log.read_text()
