"""Several processes that share each batch: the weights are those of one, whatever a loss draws or normalises."""

import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.batch_share import BatchShare
from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Objective
from dltui.engine.training import checkpoint, distributed, share_check
from dltui.engine.training.distributed import Ranks
from dltui.engine.training.learner import Learner
from dltui.engine.training.whole_batch import WholeBatch
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.recipe import Recipe, of_table
from dltui.runs import run as runs
from dltui.runs.engine_lock import PROCESSES_VARIABLE
from tests.engine.conftest import CPU, blobs
from tests.forked import ended, history_of, start_engine, wait_until

WORLD, STEPS = 2, 100
STARTS = 120  # seconds for a process that imports torch anew on a busy machine
CLOSE = 1e-6

GAN = {
    "title": "points",
    "task": {"kind": "gan", "average": 0.9},
    "loss": {"kind": "non_saturating"},
    "data": {"kind": "clouds", "shape": "moons"},
    "model": {
        "generator": {"kind": "mlp", "inputs": 3, "hidden": [8], "activation": "tanh"},
        "discriminator": {"kind": "mlp", "hidden": [8], "activation": "tanh", "dropout": 0.3},
    },
    "optimizer": {"kind": "sgd", "lr": 0.05},
    "train": {"steps": STEPS, "batch": 33},
}


def learner_of(recipe: Recipe) -> Learner:
    data = Dataset(blobs(257, 0), blobs(65, 1), ("low", "high"), "builtin", "blobs", {"inputs": 2, "classes": 2})
    return Learner("", recipe, Rows(data, CPU), CPU)


def weights(learner: Learner) -> dict[str, Tensor]:
    """Weights, running means, and what the optimizers remember."""
    return {name: tensor.double() for name, tensor in learner.state()[0].items()} | {"random": torch.get_rng_state()}


def together(folder: Path, make: Callable[[], Learner], steps: int = STEPS, world: int = WORLD) -> list[dict]:
    """What each of `world` forked processes has trained; {"error", "status"} where it was refused."""
    pids = []
    for rank in range(world):
        if pid := os.fork():
            pids.append(pid)
            continue
        try:
            ranks = Ranks(dist.FileStore(str(folder / "store"), world), rank, world, rank, world)
            ranks.device("cpu")
            (learner,) = share_check.shared(lambda: [make()], ranks)
            for _ in range(steps):
                learner.advance()
            torch.save(weights(learner), folder / f"{rank}.pt")
            ranks.end(orderly=True)
            os._exit(0)
        except DltuiError as error:
            torch.save({"error": str(error), "status": int(error.status)}, folder / f"{rank}.pt")
            os._exit(0)
        except BaseException:
            (folder / "fault").write_text(traceback.format_exc())
        finally:
            os._exit(1)
    assert [ended(pid) for pid in pids] == [0] * world, (folder / "fault").read_text()
    return [torch.load(folder / f"{rank}.pt") for rank in range(world)]


def alone(make: Callable[[], Learner], steps: int = STEPS) -> dict[str, Tensor]:
    learner = make()
    for _ in range(steps):
        learner.advance()
    return weights(learner)


def assert_the_same(
    folder: Path, make: Callable[[], Learner], world: int = WORLD, close: float = CLOSE, steps: int = STEPS
) -> None:
    begun, want = weights(make()), alone(make, steps)
    first, *others = together(folder, make, steps, world)
    assert "error" not in first, first
    for other in others:
        assert all(torch.equal(first[name], other[name]) for name in first), "the processes disagree"
    assert torch.equal(first.pop("random"), want.pop("random"))
    # of numbers greater than 1, as running variances, in parts of their size
    away = {name: ((first[name] - want[name]) / want[name].abs().clamp(min=1)).abs().max().item() for name in want}
    assert max(away.values()) <= close, away
    assert max((want[name] - begun[name]).abs().max().item() for name in want if "/net/" in name) > 1e-2, "it stood"


# -- the weights of one process ----------------------------------------------------------------------------------------


@pytest.mark.timeout(120)
@pytest.mark.parametrize("batch", [32, 33])
@pytest.mark.parametrize(
    ("model", "more"),
    [
        ({"dropout": 0.3}, {"optimizer": {"kind": "adam", "lr": 0.01}}),
        ({"batch_norm": True}, {"optimizer": {"kind": "sgd", "lr": 0.1, "momentum": 0.9}}),
    ],
    ids=["dropout", "batch_norm"],
)
def test_a_classifier_is_that_of_one_process(recipe, tmp_path, batch, model, more):
    """Dropout draws numbers for each row, batch normalisation looks at all rows; 33 rows are no multiple of 2."""
    made = recipe({"train.batch": batch}, model={"kind": "mlp", "hidden": [8], **model}, **more)
    assert_the_same(tmp_path, lambda: learner_of(made))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("regularizer", [{}, {"regularizer": {"kind": "gradient_penalty"}}], ids=["plain", "r1"])
def test_a_gan_is_that_of_one_process(tmp_path, regularizer):
    """Two nets, each with its update; noise; an average of the weights; a gradient within the loss."""
    assert_the_same(tmp_path, lambda: learner_of(of_table(GAN | regularizer, None)))


def wgan_gp() -> Learner:
    """Gulrajani et al. 2017, arXiv:1704.00028; batch normalisation in both nets makes the penalty harder than theirs.

    In double precision, as rounding grows a hundredfold in so steep a game.
    """
    made = of_table(GAN, None, {f"model.{role}.batch_norm": True for role in GAN["model"]})
    learner = learner_of(made)
    for net in learner.nets.values():
        net.double()
    task, (G, D) = learner.task, (learner.task.G, learner.task.D)

    def critic(rows: Tensor) -> Tensor:
        x = task.rows.train.batch(rows).double()
        fake = G(torch.randn(len(rows), G.latent, dtype=torch.double)).detach()
        share = torch.rand(len(rows), 1, dtype=torch.double)
        between = (share * x + (1 - share) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
        return D(fake).mean() - D(x).mean() + 10 * (slope.norm(dim=1) - 1).square().mean()

    def generator(rows: Tensor) -> Tensor:
        return -D(G(torch.randn((len(rows), G.latent), dtype=torch.double))).mean()

    learner.objectives = [Objective("critic", "discriminator", critic), Objective("made", "generator", generator)]
    return learner


@pytest.mark.timeout(120)
def test_a_wgan_with_a_gradient_penalty_through_batch_normalisation_is_that_of_one_process(tmp_path):
    """The penalty's gradient is a second derivative, through the statistics of all rows."""
    assert_the_same(tmp_path, wgan_gp, close=1e-11, steps=40)


@pytest.mark.timeout(120)
def test_three_processes_too(recipe, tmp_path):
    assert_the_same(tmp_path, lambda: learner_of(recipe({"train.batch": 32})), world=3)


@pytest.mark.timeout(120)
def test_a_mean_over_what_counts_is_divided_by_what_counts_in_the_whole_batch(recipe, tmp_path):
    """As of words without padding: shares have more or fewer of them, and a weighted class may be rare in one."""

    def make() -> Learner:
        learner = learner_of(recipe({"train.batch": 33}, optimizer={"kind": "sgd", "lr": 0.1}))
        split, net = learner.task.rows.train, learner.task.net

        def loss(rows: Tensor) -> Tensor:
            targets = split.targets[rows].where(rows % 5 > 0, -1)
            return cross_entropy(net(split.batch(rows)), targets, torch.tensor([1.0, 9.0]), ignore_index=-1)

        learner.objectives = [Objective("loss", "model", loss)]
        return learner

    assert_the_same(tmp_path, make)


# -- what is refused ---------------------------------------------------------------------------------------------------


def pairs(rows: Tensor, learner: Learner) -> Tensor:
    """A loss over pairs of rows: those of which one is elsewhere are missing."""
    outputs = learner.task.net(learner.task.rows.train.batch(rows))
    return torch.cdist(outputs, outputs).mean()


def noisy_weights(rows: Tensor, learner: Learner) -> Tensor:
    """Numbers that a generator draws behind torch's back, as many as there are rows."""
    noise = torch.empty(len(rows), 2).normal_()
    return (learner.task.net(learner.task.rows.train.batch(rows)) + noise).square().mean()


def own_statistics(rows: Tensor, learner: Learner) -> Tensor:
    outputs = learner.task.net(learner.task.rows.train.batch(rows))
    learner.task.net.seen += outputs.detach().mean()
    return outputs.square().mean()


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    ("loss", "says"),
    [
        (pairs, "do not add up to the value of loss"),
        (noisy_weights, "do not add up to the random numbers of loss"),
        (own_statistics, "do not add up to the statistics of loss"),
    ],
)
def test_what_shares_do_not_add_up_to_is_refused_before_the_first_step(recipe, tmp_path, loss, says):
    """Whatever a loss does, it is tried: nobody has to know the kinds of losses that cannot be shared."""

    def make() -> Learner:
        learner = learner_of(recipe(model={"kind": "mlp", "hidden": [8]}))
        learner.task.net.register_buffer("seen", torch.zeros(()))
        learner.objectives = [Objective("loss", "model", lambda rows: loss(rows, learner))]
        return learner

    for told in together(tmp_path, make):
        assert says in told["error"] and "--nproc 1" in told["error"] and told["status"] == ExitStatus.USAGE


# -- parts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [0, 1])
@pytest.mark.parametrize(
    "draw",
    [
        lambda n: torch.rand(n, 3),
        lambda n: torch.randn((n, 3), dtype=torch.double),
        lambda n: torch.rand(size=(n,)),
        lambda n: torch.randint(9, (n,)),
        lambda n: torch.randint(-2, 3, (n, 1)),
        lambda n: torch.rand(()) + torch.arange(n) * 0,
        lambda n: torch.randn_like(torch.zeros(n, 2)),
        lambda n: torch.randn_like(torch.zeros(n, 3, 4, 4).contiguous(memory_format=torch.channels_last)),
        lambda n: nn.functional.dropout(torch.ones(n, 5), 0.4),
        lambda n: nn.functional.dropout(torch.ones(5, n, 3).transpose(0, 1)),  # as an LSTM lays what it returns
        lambda n: nn.functional.dropout2d(torch.ones(n, 4, 2, 2)),
        lambda n: torch.multinomial(torch.ones(7), 4 * n, replacement=True).view(n, 4),
    ],
)
def test_a_share_of_what_is_drawn_is_that_of_the_whole_batch(draw, rank):
    whole = 7
    torch.manual_seed(0)
    want = draw(whole)[rank::WORLD]
    after = torch.get_rng_state()
    torch.manual_seed(0)
    share = BatchShare(rank, WORLD, whole)
    with WholeBatch(share):
        found = draw(share.own)
    assert torch.equal(found, want) and torch.equal(torch.get_rng_state(), after)


def test_who_died_and_why_is_told_in_words():
    store = dist.TCPStore("127.0.0.1", 0, WORLD, is_master=True, wait_for_workers=False)
    ranks = Ranks(store, 0, WORLD, 0, WORLD)
    ranks.children = [subprocess.Popen([sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"])]
    assert ranks.fault().message == "process 2 of 2 was killed by SIGKILL."
    Ranks(store, 1, WORLD, 1, WORLD).tell("no room.", "Make some.", ExitStatus.DEVICE)
    told = ranks.fault()
    assert (told.message, told.hint, told.status) == ("process 2 of 2: no room.", "Make some.", ExitStatus.DEVICE)


def test_who_waits_in_vain_for_one_that_died_is_told_too(monkeypatch):
    """A GPU that waits for another process raises nothing: the run is ended from a thread."""
    monkeypatch.setattr(distributed, "GRACE", 0.05)
    ranks = Ranks(dist.HashStore(), 0, WORLD, 0, WORLD)
    ranks.children = [subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])]
    told: list[DltuiError] = []
    ranks.watch(told.append)
    wait_until(lambda: told)
    assert told[0].message == "process 2 of 2 ended with status 3."


# -- a run -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Returns a maker of run folders: start(steps) -> Run, ready for an engine."""
    monkeypatch.setenv("DLTUI_HOME", str(tmp_path))
    recipe = """
        title = "blobs"
        task = { kind = "classify" }
        data = { kind = "clouds", shape = "moons", from = "builtin" }
        model = { kind = "mlp", hidden = [8], dropout = 0.2 }
        optimizer = { kind = "sgd", lr = 0.1 }
        train = { batch = 33, steps = STEPS, evaluate_every = 1000, checkpoint_seconds = 0.2, picture_seconds = 90.0 }
    """

    def make(steps, **info):
        return runs.create("blobs", recipe.replace("STEPS", str(steps)), {"threads": 1, "device": "cpu", **info})

    return make


def children_of(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def net_of(run) -> dict[str, Tensor]:
    return {
        name: t for name, t in checkpoint.read(checkpoint.saved(run.checkpoints)[0]).tensors.items() if "net" in name
    }


@pytest.mark.timeout(400)
def test_killed_processes_end_the_run_in_words_and_it_goes_on_by_another_number_of_them(start, monkeypatch):
    """One of two is killed; then the first of two, whom the other does not outlive; then one trains to the end."""
    steps = 1500
    undisturbed, run = start(steps), start(steps, processes=2)
    first = start_engine(run)
    wait_until(lambda: runs.state(run).step > 20 and checkpoint.saved(run.checkpoints), STARTS)
    (other,) = children_of(first)
    os.kill(other, signal.SIGKILL)
    assert ended(first) == ExitStatus.FAILED
    told = history_of(run).finished
    assert (told["status"], told["error"]) == ("failed", "process 2 of 2 was killed by SIGKILL.")
    assert "--resume" in told["hint"] and "2 processes share each batch of 33" in run.log.read_text()
    assert not list(run.path.rglob("*.part"))

    before = runs.state(run).step
    first = start_engine(run)  # as many as it began with
    wait_until(lambda: runs.state(run).step > before + 20, STARTS)
    (other,) = children_of(first)
    os.kill(first, signal.SIGKILL)
    ended(first)
    wait_until(lambda: not Path(f"/proc/{other}").exists())
    assert runs.state(run).status == "lost"

    monkeypatch.setenv(PROCESSES_VARIABLE, "1")
    assert ended(start_engine(run)) == ended(start_engine(undisturbed)) == 0
    assert runs.state(run).status == "done" and runs.state(run).step == steps
    found, want = net_of(run), net_of(undisturbed)
    assert all((found[name] - want[name]).abs().max() < 1e-4 for name in want)
