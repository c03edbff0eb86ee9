"""Domain adaptation: the labels of the target domain are never seen, its rows are; a matching loss helps on it."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.contracts.rows import Rows
from dltui.engine.losses import coral, mmd
from dltui.engine.models import embedding_cnn
from dltui.engine.probes import domains as domain_probe
from dltui.engine.tasks.adapt import METRICS, build
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError
from tests.engine.conftest import CPU, context, same


def bars(rows: int, seed: int, ground: int) -> Split:
    """Noise over a ground; a bright left half is the first class, a bright right half the second."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(rows) % 2
    pictures = ground + torch.randint(0, 60, (rows, 1, 8, 8), generator=generator)
    for row, target in enumerate(targets.tolist()):
        pictures[row, :, :, 4 * target : 4 * target + 4] += 80
    return Split(pictures.to(torch.uint8), targets)


@pytest.fixture
def two() -> Dataset:
    train, validation, other, test = (bars(60, seed, ground) for seed, ground in enumerate((0, 0, 110, 110)))
    names = "left", "right"
    facts = facts_of(train.inputs, names)
    return Dataset(train, test, names, "builtin", "", facts, validation=validation, other_domain=other)


@pytest.fixture
def learner(recipe):
    """Returns a maker of learners on data: learner(data, loss)."""

    def make(data: Dataset, loss: str = "mmd") -> Learner:
        sections = {
            "task": {"kind": "adapt"},
            "loss": {"kind": loss},
            "data": {"kind": "domains"},
            "model": {"kind": "embedding_cnn", "width": 2, "embedding": 4},
            "train": {"steps": 10, "batch": 8},
        }
        return Learner("", recipe(**sections), Rows(data, CPU), CPU)

    return make


def trained(learner: Learner) -> dict[str, torch.Tensor]:
    for _ in range(4):
        learner.advance()
        with learner.evaluation_mode():
            learner.evaluate()
    return learner.state()[0]


@pytest.mark.parametrize("loss", ["mmd", "coral", "domain_adversarial"])
def test_labels_of_the_target_change_nothing_bit_by_bit_and_its_rows_do(learner, two, loss):
    """Shuffled, the labels of the target domain leave every weight and every moment of the optimizer as it was."""
    other, test = two.other_domain, two.test
    shuffled = two._replace(
        other_domain=other._replace(targets=other.targets.roll(1)), test=test._replace(targets=1 - test.targets)
    )
    darker = two._replace(other_domain=other._replace(inputs=other.inputs // 2))
    states = [trained(learner(data, loss)) for data in (two, shuffled, darker)]
    assert same(states[0], states[1])
    assert not same(states[0], states[2])


@pytest.mark.parametrize("loss", ["mmd", "domain_adversarial"])
def test_a_resumed_run_goes_on_bit_by_bit(learner, two, loss):
    """An adversary, and how far its ramp has come, are saved with the net."""
    whole, half = learner(two, loss), learner(two, loss)
    for _ in range(6):
        torch.manual_seed(whole.step)
        whole.advance()
    for _ in range(3):
        torch.manual_seed(half.step)
        half.advance()
    again = learner(two, loss)
    again.restore(*half.state(), 3)
    for _ in range(3):
        torch.manual_seed(again.step)
        again.advance()
    assert same(whole.state()[0], again.state()[0])


def test_the_loss_is_the_source_s_cross_entropy_and_the_distance_of_both(two):
    torch.manual_seed(0)
    net = embedding_cnn.build(width=2, embedding=4, channels=1, size=8, classes=2)
    rows = torch.arange(8)
    plain, both = (build()(context(two, {"model": net}, loss=loss)) for loss in (None, coral.build(weight=3.0)))
    x = two.train.inputs[:8] / 255
    want = torch.nn.functional.cross_entropy(net(x), two.train.targets[:8])
    assert torch.allclose(plain.loss(rows), want)
    torch.manual_seed(5)
    loss = both.loss(rows)
    torch.manual_seed(5)
    drawn = torch.randint(60, (8,))
    other = net.embed(two.other_domain.inputs[drawn] / 255)
    assert torch.allclose(loss, want + 3 * coral.coral(net.embed(x), other), atol=1e-6)


@torch.no_grad()
def test_accuracies_are_of_their_own_domains(two):
    net = embedding_cnn.build(width=2, embedding=4, channels=1, size=8, classes=2)
    found = build()(context(two, {"model": net})).evaluate()
    for name, split in (("accuracy", two.test), ("source_accuracy", two.validation)):
        assert found[name] == pytest.approx((net(split.inputs / 255).argmax(1) == split.targets).float().mean().item())
    assert set(found) < set(METRICS)


@torch.no_grad()
def test_the_probe_tells_domains_apart_where_they_differ_and_not_where_they_are_one(two):
    torch.manual_seed(0)
    net = embedding_cnn.build(width=4, embedding=8, channels=1, size=8, classes=2)
    apart = domain_probe.build()(build()(context(two, {"model": net}))).evaluate()
    one = two._replace(test=bars(60, 9, 0))
    alike = domain_probe.build()(build()(context(one, {"model": net}))).evaluate()
    assert apart["domain_accuracy"] == 1 and alike["domain_accuracy"] < 0.75
    assert apart["mmd"] > 10 * abs(alike["mmd"])


def test_one_domain_is_refused(data):
    with pytest.raises(DltuiError, match="two domains"):
        build()(context(data, {"model": torch.nn.Linear(2, 2)}))


def test_the_kernels_are_those_of_the_field_s_formulas():
    """MMD and CORAL against sums written out over pairs; two halves of one sample are about 0 apart."""
    torch.manual_seed(0)
    x, y = torch.randn(7, 3).double(), torch.randn(5, 3).double() + 0.5
    z = torch.cat([x, y])
    d2 = torch.cdist(z, z).square()
    unit = d2.sum() / (12 * 11)

    def k(a, b):
        return sum(torch.exp(-(a - b).square().sum() / (width * unit)) for width in mmd.WIDTHS) / len(mmd.WIDTHS)

    within = [
        sum(k(a, b) for i, a in enumerate(of) for j, b in enumerate(of) if i != j) / (len(of) * (len(of) - 1))
        for of in (x, y)
    ]
    across = sum(k(a, b) for a in x for b in y) / 35
    assert torch.allclose(mmd.mmd(x, y), sum(within) - 2 * across)
    assert torch.allclose(coral.coral(x, y), (x.T.cov() - y.T.cov()).square().sum() / (4 * 9))
    one = torch.randn(1000, 4)
    assert abs(mmd.mmd(one[:500], one[500:])) < 0.005
    assert mmd.mmd(one[:500], one[500:] + 1) > 0.1


def test_alike_rows_give_a_gradient_without_nan():
    x = torch.zeros(4, 3, requires_grad=True)
    (mmd.mmd(x, torch.zeros(4, 3)) + coral.coral(x, torch.zeros(4, 3))).backward()
    assert x.grad.isfinite().all()


def test_the_bound_learns_from_the_target_alone(two):
    """Its loss is the cross-entropy on rows of the target, by their labels; the source is not looked at."""
    torch.manual_seed(0)
    net = embedding_cnn.build(width=2, embedding=4, channels=1, size=8, classes=2)
    task = build(labels="target")(context(two, {"model": net}, loss=mmd.build()))
    torch.manual_seed(5)
    loss = task.loss(torch.arange(8))
    torch.manual_seed(5)
    drawn = torch.randint(60, (8,))
    logits = net(two.other_domain.inputs[drawn] / 255)
    assert torch.allclose(loss, torch.nn.functional.cross_entropy(logits, two.other_domain.targets[drawn]))
