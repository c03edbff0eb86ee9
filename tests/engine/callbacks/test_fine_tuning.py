"""Fine-tuning: which part learns when and how fast, on which pictures, and from which weights."""

import pytest
import torch

from dltui.engine.callbacks.fine_tuning import DEPTH_FACTOR
from dltui.engine.contracts.dataset import Dataset, Split, with_new_classes
from dltui.engine.contracts.rows import Rows
from dltui.engine.models import pretraining
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError
from tests.engine.conftest import CPU

CLASSES = ("a", "b", "c", "d", "e")


def short(train):
    """The training before, in three steps."""
    return lambda net, rows, device, steps: train(net, rows, device, 3)


@pytest.fixture(autouse=True)
def _quick_and_in_a_cache_of_its_own(monkeypatch, tmp_path):
    monkeypatch.setenv("DLTUI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(pretraining, "_train", short(pretraining._train))


@pytest.fixture
def pictures() -> Dataset:
    """Noise whose mean brightness is its class."""
    torch.manual_seed(1)
    targets = torch.arange(100) % 5
    split = Split((torch.randint(0, 50, (100, 3, 8, 8)) + 40 * targets[:, None, None, None]).to(torch.uint8), targets)
    data = Dataset(split, split, CLASSES, "builtin", "", {"channels": 3, "size": 8, "classes": 5})
    return with_new_classes(data, 2, 4)


@pytest.fixture
def learner(recipe, pictures):
    """Returns a maker of learners: learner(method, **changes)."""

    def make(method: str, changes: dict | None = None) -> Learner:
        sections = {
            "callback": {"kind": "fine_tuning", "method": method, "unfreeze_steps": 3},
            "model": {"kind": "resnet", "width": 4, "stages": 2},
            "optimizer": {"kind": "sgd", "lr": 0.1, "momentum": 0.9},
            "train": {"steps": 12, "batch": 4},
        }
        return Learner("", recipe(changes, **sections), Rows(pictures, CPU), CPU)

    return make


def tuning(learner: Learner):
    return learner.callbacks["callback"]


def state(learner: Learner) -> list[dict[str, torch.Tensor]]:
    """Everything a part holds, the means of its batch normalisations too."""
    return [{name: t.clone() for name, t in part.state_dict().items()} for part in tuning(learner).parts]


def changed(before: list[dict], after: list[dict]) -> list[bool]:
    return [any(not torch.equal(a[name], b[name]) for name in a) for a, b in zip(before, after, strict=True)]


def after_steps(learner: Learner, steps: int) -> list[bool]:
    """Which parts have changed: stem, stage 1, stage 2, head."""
    before = state(learner)
    for _ in range(steps):
        learner.advance()
    return changed(before, state(learner))


@pytest.mark.parametrize(
    ("method", "learns"),
    [("frozen", [False, False, False, True]), ("full", [True] * 4), ("discriminative", [True] * 4)],
)
def test_a_frozen_part_changes_in_nothing(learner, method, learns):
    """Not in its weights, nor in the means of its batch normalisations, which no gradient moves."""
    assert after_steps(learner(method), 2) == learns


def test_gradual_lets_one_more_part_learn_after_every_so_many_steps(learner):
    staged = learner("gradual")
    assert [after_steps(staged, 3) for _ in range(4)] == [
        [False, False, False, True],
        [False, False, True, True],
        [False, True, True, True],
        [True, True, True, True],
    ]


def test_a_part_has_the_learning_rate_of_its_depth(learner):
    """The same steps by torch with a group for each part; the knob turns all of them, and reads as it was set."""
    depth, twin = learner("discriminative"), learner("scratch")
    twin.nets["model"].load_state_dict(depth.nets["model"].state_dict())
    rates = [DEPTH_FACTOR**-k for k in (3, 2, 1, 0)]
    groups = [
        {"params": list(part.parameters()), "lr": 0.2 * rate}
        for part, rate in zip(twin.nets["model"].parts, rates, strict=True)
    ]
    twin.optimizers["model"] = torch.optim.SGD(groups, momentum=0.9)
    depth.turn("optimizer.lr", 0.2)
    for _ in range(5):
        depth.advance()
        twin.advance()
    assert depth.knobs()["optimizer.lr"] == 0.2
    for a, b in zip(depth.nets["model"].parameters(), twin.nets["model"].parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_the_body_never_sees_a_new_class_and_is_trained_once(learner, monkeypatch):
    trained = []
    train = pretraining._train
    monkeypatch.setattr(
        pretraining, "_train", lambda net, rows, *given: trained.append(rows) or train(net, rows, *given)
    )
    first, again = learner("frozen"), learner("full", {"train.seed": 5})
    (rows,) = trained
    assert rows.targets.unique().tolist() == [0, 1, 2] and len(rows.targets) == 60
    bodies = [dict(made.nets["model"].stages.named_parameters()) for made in (first, again)]
    assert all(torch.equal(bodies[0][name], bodies[1][name]) for name in bodies[0]), "whatever the seed"


def test_scratch_keeps_its_random_weights_and_every_method_the_same_head(learner):
    scratch, frozen = learner("scratch").nets["model"], learner("frozen").nets["model"]
    assert torch.equal(scratch.head.weight, frozen.head.weight) and scratch.head.out_features == 2
    assert not torch.equal(scratch.stem[0][0].weight, frozen.stem[0][0].weight)


def test_resumed_in_the_midst_of_unfreezing_it_goes_on_as_if_nothing_had_been(learner):
    whole, half = learner("gradual"), learner("gradual")
    after_steps(whole, 10)
    after_steps(half, 5)
    resumed = learner("gradual")
    resumed.restore(*half.state(), 5)
    after_steps(resumed, 5)
    assert not any(changed(state(whole), state(resumed)))
    assert tuning(resumed).moved() == tuning(whole).moved()


def test_the_bars_tell_how_far_a_part_has_moved_and_its_rate(learner):
    staged = learner("gradual")
    after_steps(staged, 4)
    with staged.evaluation_mode():
        payload = next(tuning(staged).pictures()).payload
    assert payload["labels"] == ["stem x0", "stage 1 x0", "stage 2 x0.1"]
    assert payload["values"][:2] == [0, 0] and payload["values"][2] > 0


@pytest.mark.parametrize(
    ("model", "base", "said"), [("resnet", False, "other classes"), ("small_cnn", True, "parts can be told apart")]
)
def test_what_does_not_fit_is_said(recipe, pictures, model, base, said):
    sections = {"callback": {"kind": "fine_tuning"}, "model": {"kind": model}, "optimizer": {"kind": "sgd"}}
    pictures = pictures if base else pictures._replace(base=None)
    with pytest.raises(DltuiError, match=said):
        Learner("", recipe(**sections), Rows(pictures, CPU), CPU)
