"""Every schedule is torch's, step for step, and stays a share of the rate however long the run is."""

import pytest
import torch
from torch.optim import lr_scheduler as theirs

from dltui.engine.contracts import kinds
from dltui.engine.training.lr_scheduler import LRScheduler
from dltui.recipes import schema
from dltui.recipes.recipe import Section

T = 120


def optimizer(rate=1.0):
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], rate)


def made(kind, **given):
    return kinds.built("schedule", Section(kind, given))


def warm_then_cosine(o):
    rise = theirs.LinearLR(o, 1 / 30, total_iters=29)
    return theirs.SequentialLR(o, [rise, theirs.CosineAnnealingLR(o, T - 30)], [29])


TORCHS = {
    "step, none": ({"at": []}, lambda o: theirs.ConstantLR(o, 1.0)),
    "step, smooth": (
        {"at": [0.5, 0.75], "factor": 0.2, "smooth": True},
        lambda o: theirs.ExponentialLR(o, 0.04 ** (1 / T)),
    ),
    "step": ({"at": [0.25, 0.6], "factor": 0.2}, lambda o: theirs.MultiStepLR(o, [30, 72], 0.2)),
    "cosine": ({"floor": 0.1}, lambda o: theirs.CosineAnnealingLR(o, T, 0.1)),
    "cosine, restarted": ({"cycles": 3}, lambda o: theirs.CosineAnnealingWarmRestarts(o, T // 3)),
    "cyclic": (
        {"floor": 0.2, "cycles": 3, "shrink": 0.5},
        lambda o: theirs.CyclicLR(o, 0.2, 1.0, T // 6, mode="triangular2", cycle_momentum=False),
    ),
    "one_cycle": (
        {"rise": 0.25, "start": 0.1, "end": 0.001},
        lambda o: theirs.OneCycleLR(
            o, 1.0, T, pct_start=0.25, div_factor=10, final_div_factor=100, cycle_momentum=False
        ),
    ),
    "cosine, warmed up": ({"warmup": 0.25}, warm_then_cosine),
}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", TORCHS)
def test_the_rates_are_torchs(name):
    """Guards every formula: a step too early or too late, a floor left out, or a cycle begun at the wrong end."""
    given, make = TORCHS[name]
    ours, their = LRScheduler(optimizer(0.3), made(name.partition(",")[0], **given), T), optimizer()
    torchs = make(their)
    for step in range(1, T + 1):
        assert ours.set_rate(step) == pytest.approx(0.3 * their.param_groups[0]["lr"], rel=1e-6, abs=1e-9), step
        assert ours.optimizer.param_groups[0]["lr"] == 0.3 * ours.schedule(step - 1, T)
        their.step()
        torchs.step()


def test_plateau_is_torchs_on_the_means_of_windows():
    """Losses that fall, stand still and jump; guards patience, threshold, and what is compared with the best."""
    random = torch.Generator().manual_seed(0)
    ours = LRScheduler(optimizer(), made("plateau", factor=0.5, patience=1, threshold=0.05, windows=40), 400)
    their = optimizer()
    torchs = theirs.ReduceLROnPlateau(their, factor=0.5, patience=1, threshold=0.05, eps=0)
    rates, window = [], []
    for step in range(1, 401):
        rates.append(ours.set_rate(step))
        loss = max(1.0, 3 - step / 40) + 0.3 * torch.rand((), generator=random)
        ours.update(loss, step)
        window.append(loss.item())
        if step % 10 == 0:
            torchs.step(sum(window) / 10)
            window.clear()
            assert ours.set_rate(step + 1) == their.param_groups[0]["lr"]
    assert rates[0] == 1 and 2 < len(set(rates)) < 40


@pytest.mark.parametrize("steps", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize("kind", schema.own_kinds("schedule"))
def test_a_rate_is_never_negative_nor_above_what_was_set(kind, steps):
    """In runs of a few steps too, and past the end, where threads are measured."""
    lr_scheduler = LRScheduler(optimizer(), made(kind), steps)
    rates = [lr_scheduler.set_rate(step) for step in range(1, steps + 20)]
    assert all(0 <= rate <= 1 for rate in rates) and max(rates) > 0


def test_plateau_remembers():
    whole, first, second = (LRScheduler(optimizer(), made("plateau", patience=0), 100) for _ in range(3))
    for step in range(1, 51):
        whole.update(1 / step, step)
        first.update(1 / step, step)
    second.restore(first.state())
    for step in range(51, 100):
        for lr_scheduler in (whole, second):
            lr_scheduler.update(0.2, step)
        assert whole.set_rate(step + 1) == second.set_rate(step + 1)
    assert whole.state() == second.state() and whole.set_rate(100) < 1
