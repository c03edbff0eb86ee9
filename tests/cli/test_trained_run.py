"""What a run cannot be asked for is told before an engine is started, and what tasks say of themselves is so."""

import importlib

import pytest

from dltui.cli import trained_run
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import recipe as recipes
from dltui.recipes import schema
from dltui.runs import run as runs

METHODS = {"sample": "sample", "predict": "probabilities"}


@pytest.fixture
def run(monkeypatch, tmp_path):
    """run("mlp-moons") -> a run of that recipe that was never trained."""
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path))
    return lambda name: runs.create(name, recipes.to_toml(recipes.load(name)), {})


@pytest.mark.parametrize(
    ("recipe", "what", "told", "hint"),
    [
        ("lenet-mnist", "sample", 'task "classify" has nothing to sample', "dltui predict {} FILE"),
        ("gan-mnist", "predict", 'task "gan" predicts neither classes nor boxes', "dltui sample {}"),
        ("kmeans", "predict", 'algorithm "kmeans" predicts neither classes nor boxes', "dltui replay {}"),
        ("mlp-moons", "sample", 'task "classify" has nothing to sample', "dltui replay {}"),
        (
            "mlp-moons",
            "predict",
            "was trained on numbers, plane, classes, not on pictures or texts",
            "Predict takes runs",
        ),
        ("char-rnn", "sample", "was trained on text, not on pictures", "Sample takes runs that draw pictures"),
        ("lenet-mnist", "predict", "has no checkpoint yet", "dltui run --resume {}"),
    ],
)
def test_what_a_run_cannot_answer_is_told_and_what_can_be_asked_instead(run, recipe, what, told, hint):
    asked = run(recipe)
    with pytest.raises(DltuiError, match=told) as raised:
        trained_run.check(asked, what)
    assert asked.id in raised.value.message and hint.format(asked.id) in raised.value.hint
    assert raised.value.status == (ExitStatus.FAILED if "checkpoint" in told else ExitStatus.USAGE)


@pytest.mark.parametrize("kind", schema.own_kinds("task"))
def test_a_task_says_what_it_may_be_asked_for(kind):
    """Guards a refusal, or an offer, that is not true."""
    module = importlib.import_module(f"dltui.engine.tasks.{kind}")
    methods = {name for one in vars(module).values() if isinstance(one, type) for name in vars(one)}
    boxes = getattr(module, "PREDICTS", "classes") == "boxes"
    found = {"predictions" if boxes and method == "probabilities" else method for method in METHODS.values()}
    asked = {METHODS[answer] for answer in getattr(module, "ANSWERS", ())}
    assert {"predictions" if boxes else method for method in asked} == methods & found
