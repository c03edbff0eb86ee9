"""Fine-tuning: who learns when and how fast, on which pictures, and from which weights."""

import pytest
import torch

from dltui.engine.algorithms import pretraining
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.rows import Rows
from dltui.engine.tasks.finetune import DEPTH_FACTOR
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError
from tests.engine.conftest import CPU

CLASSES = ("a", "b", "c", "d", "e")


@pytest.fixture(autouse=True)
def _quick_and_in_a_cache_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pretraining, "STEPS", 3)


@pytest.fixture
def pictures() -> Dataset:
    """Noise whose mean brightness is its class."""
    torch.manual_seed(1)
    targets = torch.arange(100) % 5
    split = Split((torch.randint(0, 50, (100, 3, 8, 8)) + 40 * targets[:, None, None, None]).to(torch.uint8), targets)
    return Dataset(split, split, CLASSES, "builtin", "", {"channels": 3, "size": 8, "classes": 5})


@pytest.fixture
def learner(recipe, pictures):
    """Returns a maker of learners: learner(method, **changes)."""

    def make(method: str, changes: dict | None = None) -> Learner:
        sections = {
            "task": {"kind": "finetune", "method": method, "new": 2, "shots": 4, "thaw": 3},
            "model": {"kind": "resnet", "width": 4, "stages": 2},
            "optimizer": {"kind": "sgd", "lr": 0.1, "momentum": 0.9},
            "train": {"steps": 12, "batch": 4},
        }
        return Learner("", recipe(changes, **sections), Rows(pictures, CPU), CPU)

    return make


def state(learner: Learner) -> list[dict[str, torch.Tensor]]:
    """Everything a part holds, the means of its batch normalisations too."""
    return [{name: t.clone() for name, t in part.state_dict().items()} for part in learner.task.parts]


def changed(before: list[dict], after: list[dict]) -> list[bool]:
    return [any(not torch.equal(a[name], b[name]) for name in a) for a, b in zip(before, after, strict=True)]


def after_steps(learner: Learner, steps: int) -> list[bool]:
    """Which parts have changed: stem, stage 1, stage 2, head."""
    before = state(learner)
    for _ in range(steps):
        learner.advance()
    return changed(before, state(learner))


@pytest.mark.parametrize(
    ("method", "learns"), [("frozen", [False, False, False, True]), ("all", [True] * 4), ("depth", [True] * 4)]
)
def test_a_frozen_part_changes_in_nothing(learner, method, learns):
    """Not in its weights, nor in the means of its batch normalisations, which no gradient moves."""
    assert after_steps(learner(method), 2) == learns


def test_staged_thaws_one_more_part_after_every_so_many_steps(learner):
    staged = learner("staged")
    assert [after_steps(staged, 3) for _ in range(4)] == [
        [False, False, False, True],
        [False, False, True, True],
        [False, True, True, True],
        [True, True, True, True],
    ]


def test_a_part_with_a_rate_moves_as_with_a_learning_rate_of_its_own(learner):
    """SGD with momentum is linear in the gradients; the same steps by torch with a group for each part."""
    depth, twin = learner("depth"), learner("depth")
    rates = [DEPTH_FACTOR**-k for k in (3, 2, 1, 0)]
    twin.task.rates = lambda: [1.0] * 4
    groups = [
        {"params": list(part.parameters()), "lr": 0.1 * rate} for part, rate in zip(twin.task.parts, rates, strict=True)
    ]
    twin.optimizers["model"] = torch.optim.SGD(groups, momentum=0.9)
    for _ in range(5):
        depth.advance()
        twin.advance()
    for a, b in zip(depth.nets["model"].parameters(), twin.nets["model"].parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_every_method_gets_the_same_few_pictures_of_the_new_classes_alone(learner, pictures):
    frozen, scratch = learner("frozen").task, learner("scratch").task
    assert frozen.classes == ("d", "e") and frozen.targets.bincount().tolist() == [4, 4]
    assert torch.equal(frozen.inputs, scratch.inputs) and torch.equal(frozen.targets, scratch.targets)
    assert (frozen.inputs[frozen.targets == 0].mean((1, 2, 3)) * 255).round().sub(144.5).abs().max() < 10, "class d"
    assert frozen.test_targets.bincount().tolist() == [20, 20]
    other = learner("frozen", {"train.seed": 1}).task
    assert not torch.equal(other.inputs, frozen.inputs), "another seed, other pictures"


def test_the_body_never_sees_a_new_class_and_is_trained_once(learner, monkeypatch):
    trained = []
    train = pretraining._train
    monkeypatch.setattr(
        pretraining, "_train", lambda net, rows, device: trained.append(rows) or train(net, rows, device)
    )
    first, again = learner("frozen"), learner("all", {"train.seed": 5})
    (rows,) = trained
    assert rows.targets.unique().tolist() == [0, 1, 2] and len(rows.targets) == 60
    bodies = [dict(made.nets["model"].stages.named_parameters()) for made in (first, again)]
    assert all(torch.equal(bodies[0][name], bodies[1][name]) for name in bodies[0]), "whatever the seed"


def test_scratch_keeps_its_random_weights_and_every_method_the_same_head(learner):
    scratch, frozen = learner("scratch").nets["model"], learner("frozen").nets["model"]
    assert torch.equal(scratch.head.weight, frozen.head.weight) and scratch.head.out_features == 2
    assert not torch.equal(scratch.stem[0][0].weight, frozen.stem[0][0].weight)


def test_resumed_in_the_midst_of_thawing_it_goes_on_as_if_nothing_had_been(learner):
    whole, half = learner("staged"), learner("staged")
    after_steps(whole, 10)
    after_steps(half, 5)
    resumed = learner("staged")
    resumed.restore(*half.state(), 5)
    after_steps(resumed, 5)
    assert not any(changed(state(whole), state(resumed)))
    assert resumed.task.moved() == whole.task.moved()


def test_the_bars_tell_how_far_a_part_has_moved_and_its_rate(learner):
    staged = learner("staged")
    after_steps(staged, 4)
    with staged.evaluation_mode():
        payload = next(picture.payload for picture in staged.task.pictures() if picture.pane == "body")
    assert payload["labels"] == ["stem x0", "stage 1 x0", "stage 2 x0.1"]
    assert payload["values"][:2] == [0, 0] and payload["values"][2] > 0


@pytest.mark.parametrize(
    ("change", "said"), [({"task.new": 4}, "at least two classes"), ({"model": {"kind": "lenet", "size": 16}}, "parts")]
)
def test_what_does_not_fit_is_said(learner, recipe, pictures, change, said):
    model = change.pop("model", {"kind": "resnet", "width": 4})
    made = recipe(change, task={"kind": "finetune", "new": 2}, model=model, optimizer={"kind": "sgd"})
    with pytest.raises(DltuiError, match=said):
        Learner("", made, Rows(pictures, CPU), CPU)
