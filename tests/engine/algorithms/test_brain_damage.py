"""Saliencies say what pruning costs, exactly on a quadratic loss; three rules prune copies of one net, no learning."""

import pytest
import torch
from torch import nn
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.brain_damage import RULES, build, hessian_factor, obd_saliency, obs_prune, obs_saliency
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.errors import DltuiError
from tests.engine.conftest import context


def quadratic(size=6, seed=0):
    """A minimum a and its H."""
    generator = torch.Generator().manual_seed(seed)
    A = torch.randn(20, size, dtype=torch.float64, generator=generator)
    return torch.randn(size, dtype=torch.float64, generator=generator), A.T @ A / 20


def growth(H, change):
    return (change @ H @ change / 2).item()


def test_obd_saliency_is_what_is_lost_if_nothing_else_moves():
    a, H = quadratic()
    for i, cost in enumerate(obd_saliency(a, H.diagonal()).tolist()):
        change = torch.zeros_like(a)
        change[i] = -a[i]
        assert cost == pytest.approx(growth(H, change))


def test_obs_saliency_is_the_least_that_can_be_lost():
    """Guards the formula against a solver: the loss's minimum over all others, weight i held at 0."""
    a, H = quadratic()
    costs = obs_saliency(a, H.inverse())
    for i in range(len(a)):
        others = torch.arange(len(a)) != i
        change = -a.clone()
        change[others] = torch.linalg.solve(H[others][:, others], H[others, i] * a[i])
        assert costs[i].item() == pytest.approx(growth(H, change))
    assert (costs <= obd_saliency(a, H.diagonal()) + 1e-12).all()


@pytest.mark.parametrize("count", [1, 3, 6])
def test_obs_pruning_leaves_the_others_where_the_loss_is_least(count):
    a, H = quadratic(seed=3)
    inverse = H.inverse()
    kept = obs_prune(a, inverse, count)
    cut = kept == 0
    assert cut.sum() == count and torch.equal(inverse, H.inverse())
    left = ~cut
    want = a[left] + torch.linalg.solve(H[left][:, left], H[left][:, cut] @ a[cut])
    assert torch.allclose(kept[left], want)


def test_the_first_to_go_is_the_least_salient():
    a, H = quadratic(seed=4)
    assert obs_prune(a, H.inverse(), 1).eq(0).nonzero().item() == obs_saliency(a, H.inverse()).argmin()


def test_curvatures_of_a_linear_net_are_torchs_second_derivatives():
    """Guards the softmax's factor: where the logits are linear, the Gauss-Newton part is the whole."""
    torch.manual_seed(0)
    net, inputs, targets = nn.Linear(4, 3).double(), torch.randn(7, 4).double(), torch.arange(7) % 3

    def loss(weight):
        return cross_entropy(functional_call(net, {"weight": weight.view(3, 4), "bias": net.bias}, inputs), targets)

    want = torch.autograd.functional.hessian(loss, net.weight.detach().flatten())
    A = hessian_factor(net, ["weight"], inputs)
    assert A.shape == (21, 12) and torch.allclose(A.T @ A, want, atol=1e-12)


# -- at work -----------------------------------------------------------------------------------------------------------


def rows(count, seed, size=4):
    generator = torch.Generator().manual_seed(seed)
    targets = torch.arange(count) % 3
    inputs = torch.randint(0, 60, (count, 1, size, size), generator=generator, dtype=torch.uint8)
    inputs[torch.arange(count), 0, targets] += 120  # a bright line a class
    inputs[:, :, -1] = 0  # never inked
    return Split(inputs, targets)


def made(size=4, **options):
    torch.manual_seed(0)
    data = Dataset(rows(90, 0, size), rows(60, 1, size), ("a", "b", "c"), "builtin", "lines", {})
    return build(**{"hidden": 5, "learn": 150, "share": 0.1} | options)(context(data))


def test_each_step_prunes_the_same_share_by_every_rule():
    process = made()
    weights = 5 * (16 + 3)
    for step in range(1, 11):
        assert not process.done
        process.step()
        pruned = [int((process.weights(rule) == 0).sum()) for rule in RULES]
        assert pruned == [round(step * 0.1 * weights)] * len(RULES)
        assert process.evaluate()["sparsity"] == pytest.approx(pruned[0] / weights)
    assert process.done


def test_a_large_weight_where_no_ink_is_goes_by_obd_and_not_by_magnitude():
    process = made()
    for net in process.nets.values():
        net.layers[0].weight.data.view(5, 4, 4)[:, -1] = 9.0
    for _ in range(5):
        process.step()
    left = [int((process.nets[rule].layers[0].weight.view(5, 4, 4)[:, -1] != 0).sum()) for rule in RULES]
    assert left[0] == 20 > 10 > left[1]


def test_the_others_move_for_the_surgeon_alone():
    process = made()
    before = {rule: process.weights(rule) for rule in RULES}
    for _ in range(5):
        process.step()
    for rule in RULES:
        now = process.weights(rule)
        stayed = torch.equal(now[now != 0], before[rule][now != 0])
        assert stayed == (rule != "obs")


def test_the_pictures_show_who_has_pruned_which_weight():
    process = made()
    for _ in range(3):
        process.step()
    pictures = {picture.pane: picture.payload for picture in process.pictures()}
    values = process.evaluate()
    for rule, curve in zip(RULES, pictures["loss"]["curves"], strict=True):
        assert curve["x"] == pytest.approx([0, 0.1, 0.2, 0.3]) and curve["y"][-1] == values[f"loss_{rule}"]
    labels = torch.tensor(pictures["magnitude and saliency"]["label"])
    assert torch.equal(labels % 2 == 1, process.weights("magnitude") == 0)
    assert torch.equal(labels >= 2, process.weights("obd") == 0)
    assert pictures["first units"]["rows"] == len(RULES)


def test_too_many_weights_are_refused():
    with pytest.raises(DltuiError, match="too many"):
        made(size=12, hidden=50)
