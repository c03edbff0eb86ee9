"""Learners trained as one batch of nets take the steps that each would take alone, and stay learners otherwise."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.rows import Rows
from dltui.engine.training.learner import Learner, NonFiniteLoss
from dltui.engine.training.vmapped import FEWEST, WORTH, Alone, VmappedGroup, groups
from tests.engine.conftest import CPU, blobs, same

LEARNERS = 5


def learners_of(recipe, data, *changes, **more) -> list[Learner]:
    """LEARNERS learners of seeds 0.., each with changes of its own."""
    made = []
    for number in range(LEARNERS):
        wanted = {"model.dropout": 0.0, "train.seed": number, **more, **(changes[number] if changes else {})}
        made.append(Learner(str(number), recipe(wanted), Rows(data, CPU), CPU))
    return made


def vmapped(learners: list[Learner]) -> VmappedGroup:
    (group,) = groups(learners, WORTH)
    assert isinstance(group, VmappedGroup)
    return group


def weights(learner: Learner) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in learner.nets["model"].state_dict().items()}


def close(a: Learner, b: Learner) -> bool:
    return all(torch.allclose(weights(a)[name], weights(b)[name], rtol=0, atol=1e-5) for name in weights(a))


RATES = [{"optimizer.lr": 0.003 * 2**number} for number in range(LEARNERS)]
SGD = {"optimizer.kind": "sgd", "optimizer.lr": 0.05}
CASES = {
    "seeds": ([], {}),
    "rates of Adam": (RATES, {}),
    "decay and betas": (
        [{"optimizer.weight_decay": 0.1 * n, "optimizer.beta1": 0.5 + 0.1 * n} for n in range(LEARNERS)],
        {},
    ),
    "momentum": ([{"optimizer.momentum": 0.2 * n} for n in range(LEARNERS)], SGD),
    "Nesterov": ([{"optimizer.momentum": 0.1 + 0.2 * n} for n in range(LEARNERS)], {**SGD, "optimizer.nesterov": True}),
    "clipped": (RATES, {"train.clip": 0.1}),
    "scheduled": (RATES, {"schedule.kind": "cosine", "train.steps": 80}),
    "logistic": ([], {"loss.kind": "binary_cross_entropy"}),
}


@pytest.mark.parametrize("case", CASES)
def test_the_weights_are_those_of_learners_alone(recipe, data, case):
    """Guards a wrong option, a moment or a batch of another learner: any of these differs by far more."""
    changes, more = CASES[case]
    alone, grouped = learners_of(recipe, data, *changes, **more), learners_of(recipe, data, *changes, **more)
    group = vmapped(grouped)
    for _ in range(80):
        losses = [learner.advance() for learner in alone]
        told = group.advance()
        assert [one["loss"] for one in told] == pytest.approx([one["loss"] for one in losses], abs=1e-5)
        assert [one.get("lr") for one in told] == pytest.approx([one.get("lr") for one in losses])
    assert all(map(close, alone, grouped))
    assert not close(grouped[0], grouped[1])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"model.dropout": 0.2}, "it draws random numbers"),
        ({"augment.kind": "pictures", "augment.changes": ["flip"]}, "the batch is changed by random numbers"),
        ({"model.hidden": [200, 200]}, "it is large"),
        ({"regularizer.kind": "elastic_net", "regularizer.l1": 0.001}, ""),
    ],
)
def test_what_cannot_be_traced_is_trained_alone(recipe, data, change, why):
    if "augment.kind" in change:
        pictures = torch.rand(64, 1, 8, 8, generator=torch.Generator().manual_seed(0))
        split = blobs(64, 0)._replace(inputs=pictures)
        data = Dataset(split, split, ("low", "high"), "builtin", "pictures", {"inputs": 64, "classes": 2})
    found = groups(learners_of(recipe, data, **change), WORTH)
    assert [isinstance(one, VmappedGroup) for one in found] == ([False] * LEARNERS if why else [True]), why


def test_unlike_learners_are_kept_apart_and_in_order(recipe, data):
    """Guards the likeness: each of these changes what is computed, or from what."""
    changes = [{"model.hidden": [4]}, {}, {"train.batch": 16}, {}, {"model.activation": "tanh"}]
    learners = learners_of(recipe, data, *changes) + learners_of(recipe, data)[:2]
    found = groups(learners, WORTH)
    assert [one.learners[0].series if isinstance(one, Alone) else len(one.learners) for one in found] == [
        "0",
        4,
        "2",
        "4",
    ]


def test_a_short_run_and_few_learners_are_not_worth_a_graph(recipe, data):
    learners = learners_of(recipe, data)
    assert not any(isinstance(one, VmappedGroup) for one in groups(learners, WORTH // LEARNERS - 1))
    assert not any(isinstance(one, VmappedGroup) for one in groups(learners[: FEWEST - 1], WORTH))


def test_a_loss_that_is_the_learners_own_is_noticed(recipe, data):
    """Guards against the first learner's loss in the place of another's, where only what the task holds differs."""
    learners = learners_of(recipe, data)
    other = data._replace(train=data.train._replace(inputs=data.train.inputs * 2))
    learners[3].task.rows = Rows(other, CPU)
    assert [one.learners for one in groups(learners, WORTH)] == [[learner] for learner in learners]


def test_a_learner_whose_loss_is_not_finite_keeps_its_weights_and_the_others_go_on(recipe, data):
    changes = [{"optimizer.lr": 1e12 if number == 2 else 0.01} for number in range(LEARNERS)]
    alone, grouped = learners_of(recipe, data, *changes, **SGD), learners_of(recipe, data, *changes, **SGD)
    group = vmapped(grouped)
    for _ in range(10):
        before, told = weights(grouped[2]), group.advance()
        if isinstance(told[2], NonFiniteLoss):
            break
        alone[0].advance()
    assert isinstance(told[2], NonFiniteLoss) and same(before, weights(grouped[2]))
    alone[0].advance()
    assert (
        close(alone[0], grouped[0])
        and torch.isfinite(torch.cat([t.flatten() for t in weights(grouped[4]).values()])).all()
    )


def test_a_knob_turned_on_one_learner_moves_that_lane(recipe, data):
    grouped, alone = learners_of(recipe, data), learners_of(recipe, data)
    group = vmapped(grouped)
    for step in range(20):
        if step == 10:
            for learner in (grouped[1], alone[1]):
                learner.turn("optimizer.lr", 0.1)
        group.advance()
        for learner in alone:
            learner.advance()
    assert all(map(close, alone, grouped))


@pytest.mark.parametrize("kind", ["adam", "sgd"])
def test_saved_and_restored_they_go_on_to_the_bit(recipe, data, kind):
    """Guards what an optimizer remembers: it is kept here, and must be in the learners' own states too."""
    more = {"optimizer.kind": kind} | ({"optimizer.momentum": 0.9} if kind == "sgd" else {})
    grouped = learners_of(recipe, data, **more)
    group = vmapped(grouped)
    for _ in range(15):
        group.advance()
    saved = [learner.state() for learner in grouped]
    restored = learners_of(recipe, data, **more)
    for learner, (tensors, values) in zip(restored, saved, strict=True):
        learner.restore(tensors, values, 15)
    other = vmapped(restored)
    for _ in range(15):
        group.advance()
        other.advance()
    assert all(same(weights(a), weights(b)) for a, b in zip(grouped, restored, strict=True))


def test_a_loop_trains_them_together_and_says_so(made, recipe):
    """Guards the path of a run: what is logged for each variant is what it is without the group."""
    variants = {f"rate{n}": {"kind": "mlp", "hidden": [8]} for n in range(LEARNERS)}
    changes = {"train.steps": WORTH // LEARNERS, "train.evaluate_every": 1000}
    table = {"variants": {name: {"train.seed": n} for n, name in enumerate(variants)}}
    loop = made(recipe(changes, model={"kind": "mlp", "hidden": [8]}, **table))
    loop.loop.train()
    loop.log.sync()
    notes = [note["text"] for note in loop.history().notes]
    assert any("trained together" in text and "rate0, rate1" in text for text in notes)
    assert isinstance(loop.loop.groups[0], VmappedGroup)
    assert len({loop.history().curves[name, "loss"].values[-1] for name in variants}) == LEARNERS
