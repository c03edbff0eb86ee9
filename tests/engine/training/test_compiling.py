"""Compiled nets learn what nets that are not compiled learn, and a checkpoint does not tell which they were."""

import shutil

import pytest
import torch

from dltui.engine.training import checkpoint, compiling
from dltui.runs import run as runs
from dltui.runs.events import Tail
from tests.engine.conftest import same
from tests.forked import ended, start_engine

needs_compiler = pytest.mark.skipif(not (shutil.which("g++") or shutil.which("c++")), reason="there is no C++ compiler")
RECIPE = """
    title = "compiled"
    task = { kind = "classify" }
    data = { kind = "clouds", shape = "moons", rows = 200 }
    model = { kind = "mlp", hidden = [8], dropout = 0.0, batch_norm = true }
    optimizer = { kind = "adam", lr = 0.01 }
    train = { steps = 20, evaluate_every = 10 }
    probe = {}
"""


def trained(recipe: str, **info: object) -> runs.Run:
    run = runs.create("compiled", recipe, {"threads": 1, "device": "cpu", **info})
    assert ended(start_engine(run)) == 0, run.engine_log.read_text()
    return run


def saved(run: runs.Run) -> dict[str, torch.Tensor]:
    return checkpoint.read(checkpoint.saved(run.checkpoints)[0]).tensors


def notes(run: runs.Run) -> list[str]:
    return [event["text"] for event in Tail(run.log).read() if event["kind"] == "note"]


def losses(run: runs.Run) -> list[float]:
    found = [event for event in Tail(run.log).read() if event["kind"] == "scalars" and "loss" in event["values"]]
    return [value for event in found for value in event["values"]["loss"]]


@pytest.fixture
def one_worker(monkeypatch):
    """The compiler in the engine's own process: a pool of others takes seconds to start."""
    monkeypatch.setenv("TORCHINDUCTOR_COMPILE_THREADS", "1")


@needs_compiler
@pytest.mark.timeout(600)  # beside others that compute, compilers are slow
def test_a_compiled_net_learns_the_same_and_goes_on_without_it(home, one_worker):
    eager, compiled = trained(RECIPE), trained(RECIPE, compile=True)
    assert any(text.startswith("compiled in ") for text in notes(compiled)), notes(compiled)
    assert not any("compiled" in text for text in notes(eager))
    assert len(losses(eager)) == 20
    torch.testing.assert_close(torch.tensor(losses(eager)), torch.tensor(losses(compiled)), atol=1e-4, rtol=1e-4)
    ours, theirs = saved(compiled), saved(eager)
    assert ours.keys() == theirs.keys(), "the names of weights are those of a net that was not compiled"
    assert torch.equal(ours["random/cpu"], theirs["random/cpu"]), "compiling draws no random number"
    assert ours["/net/model/layers.1.num_batches_tracked"] == 20, "nor is it a step of the running means"
    for run, other in ((compiled, False), (eager, True)):
        info = {**run.info(), "compile": other}
        longer = runs.create("longer", RECIPE.replace("steps = 20", "steps = 30"), info)
        shutil.copytree(run.checkpoints, longer.checkpoints, dirs_exist_ok=True)
        assert ended(start_engine(longer)) == 0, longer.engine_log.read_text()
        assert saved(longer).keys() == theirs.keys() and len(losses(longer)) == 10
        assert any(text.startswith("compiled in ") for text in notes(longer)) == other


def test_what_cannot_be_compiled_is_trained_as_it_is(home, monkeypatch):
    """As where there is no compiler."""

    def compile_call(self, **options: object) -> None:
        def call(*arguments: object) -> None:
            raise RuntimeError("no working C++ compiler\nwas found")

        self._compiled_call_impl = call

    eager = trained(RECIPE)
    monkeypatch.setattr(torch.nn.Module, "compile", compile_call)
    run = trained(RECIPE, compile=True)
    told = "not compiled: RuntimeError: no working C++ compiler was found. It is trained as without --compile."
    assert told in notes(run)
    assert same(saved(run), saved(eager)), "to the bit: what was tried has moved nothing"


def test_of_a_batch_of_nets_it_is_said_that_it_is_not_compiled(home):
    small = RECIPE.replace(", batch_norm = true", "")
    small += "".join(f'    [variants.{name}]\n    "train.seed" = {seed}\n' for seed, name in enumerate("abcd"))
    run = trained(small, compile=True, as_one=True)
    assert "a, b, c, d: not compiled: they are trained together, as one batch of nets" in notes(run)


def test_evaluation_is_not_compiled(home):
    """Guards a compilation for each shape of rows that is looked at."""
    called = []
    double = torch.compile(lambda x: called.append(torch.compiler.is_compiling()) or x * 2, backend="eager")
    with compiling.uncompiled(torch.no_grad()):
        assert double(torch.ones(1)) == 2 and not torch.is_grad_enabled()
    assert called == [False]
