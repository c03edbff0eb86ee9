"""LoRA: it begins as the net was, moves nothing but A and B, and merges into weights of the same size."""

import pytest
import torch

from dltui.engine.algorithms.lora import Net, build, turned
from dltui.engine.contracts.dataset import Dataset, Split
from tests.engine.conftest import context


def pictures(rows, seed):
    """Bars that stand or lie, uint8 (rows, 1, 8, 8)."""
    generator = torch.Generator().manual_seed(seed)
    targets = torch.randint(0, 2, (rows,), generator=generator)
    x = torch.randint(0, 60, (rows, 1, 8, 8), generator=generator, dtype=torch.uint8)
    x[targets == 0, :, 3:5] += 190
    x[targets == 1, :, :, 3:5] += 190
    return Split(x, targets)


@pytest.fixture
def made(home):
    data = Dataset(
        pictures(64, 0),
        pictures(40, 1),
        ("lies", "stands"),
        "builtin",
        "bars",
        {"channels": 1, "size": 8, "classes": 2},
    )

    def make(seed=0, **options):
        torch.manual_seed(seed)
        return build(**{"hidden": 16, "rank": 2, "turn": 90.0, "batch": 16, "lr": 0.02, **options})(context(data))

    return make


def test_a_picture_is_turned_to_the_left():
    x = torch.rand(2, 1, 6, 6)
    torch.testing.assert_close(turned(x, 90.0), x.rot90(1, (2, 3)), atol=1e-5, rtol=0)
    torch.testing.assert_close(turned(x, 0.0), x, atol=1e-5, rtol=0)


def test_what_is_beside_is_added_to_the_weight():
    torch.manual_seed(0)
    net, x = Net(5, 4, 3), torch.rand(7, 5)
    beside = [(torch.randn(2, layer.in_features), torch.randn(layer.out_features, 2)) for layer in net.layers]
    z = x
    for number, (layer, (A, B)) in enumerate(zip(net.layers, beside, strict=True)):
        z = z @ (layer.weight + 3.0 * B @ A).T + layer.bias
        z = z.relu() if number < 2 else z
    torch.testing.assert_close(net(x, beside, 3.0), z)


def test_it_begins_as_the_net_was_and_moves_a_and_b_alone(made):
    lora = made()
    before = {name: weight.clone() for name, weight in lora.net.state_dict().items()}
    assert lora.evaluate()["gain"] == 0 and not lora.changes(lora.merged()).any()
    for _ in range(60):
        lora.step()
    assert all(torch.equal(before[name], weight) for name, weight in lora.net.state_dict().items())
    found = lora.evaluate()
    assert found["gain"] > 0.3 and found["merge_error"] < 1e-5 and found["rank_share"] == pytest.approx(1)
    assert found["weights_trained"] == 2 * (64 + 16) + 2 * (16 + 16) + 2 * (16 + 2)
    values, weights, montage = (picture.payload for picture in lora.pictures())
    assert len(values["curves"][0]["x"]) == 2 and list(weights["values"]) == [64 * 16 + 16 + 272 + 34, 260]
    assert len(montage["captions"]) == 24


@pytest.mark.parametrize(("method", "moved"), [("full", [True] * 3), ("head", [False, False, True])])
def test_the_others_move_all_weights_or_the_last_layers(made, method, moved):
    algorithm = made(method=method)
    before = [layer.weight.clone() for layer in algorithm.net.layers]
    algorithm.step()
    assert [
        not torch.equal(old, layer.weight) for old, layer in zip(before, algorithm.net.layers, strict=True)
    ] == moved
    assert algorithm.evaluate()["merge_error"] == 0


def test_it_goes_on_from_its_state(made):
    whole, half = made(), made()
    torch.manual_seed(5)
    [whole.step() for _ in range(6)]
    torch.manual_seed(5)
    [half.step() for _ in range(3)]
    other = made(seed=9)
    torch.manual_seed(5)
    [torch.randint(64, (16,)) for _ in range(3)]
    other.load_state_dict(half.state_dict())
    [other.step() for _ in range(3)]
    for ours, theirs in zip(other.state_dict().values(), whole.state_dict().values(), strict=True):
        torch.testing.assert_close(ours, theirs)
