"""Seven generative models: those with a density have one, each draws what it knows, all come nearer to the data."""

import pytest
import torch
from torch.distributions import MixtureSameFamily

from dltui.engine.algorithms.generative_zoo import LOG_CELL, MODELS, SIDE, Anywhere, build, cell, within
from dltui.engine.data import clouds
from dltui.engine.metrics.energy_distance import energy_distance
from tests.engine.conftest import context

DATA = clouds.build(shape="moons", rows=600, spread=0.1).builtin()
WITH_DENSITY = ["histogram", "mixture", "autoregressive", "flow"]


def made(model, steps=0):
    torch.manual_seed(0)
    zoo = build(model=model)(context(DATA))
    for _ in range(steps):
        zoo.step()
    return zoo


@torch.no_grad()
@pytest.mark.parametrize("model", WITH_DENSITY)
def test_a_density_sums_to_1(model):
    zoo = made(model, 5)
    middles = (torch.arange(240) + 0.5) * (2 * SIDE / 240) - SIDE
    density = zoo.model.log_prob(torch.cartesian_prod(middles, middles)).exp()
    assert density.sum().item() * (2 * SIDE / 240) ** 2 == pytest.approx(1, abs=0.01)


@torch.no_grad()
def test_the_mixture_is_torchs():
    model = made("mixture", 3).model
    pi, mu, S = model.mixture
    normals = torch.distributions.MultivariateNormal(mu, S)
    want = MixtureSameFamily(torch.distributions.Categorical(pi), normals).log_prob(model.x[:20])
    assert torch.allclose(model.log_prob(model.x[:20]), want)


def test_a_histogram_counts_and_cells_are_found_again():
    torch.manual_seed(0)
    numbers = torch.randint(0, 48, (50, 2))
    assert torch.equal(cell(within(numbers)), numbers)
    model = MODELS["histogram"](torch.zeros(1, 2), 0.1)
    model.step(torch.tensor([[0.1, 0.1], [0.1, 0.1], [-2.0, 1.0]]))
    inside, elsewhere = model.log_prob(torch.tensor([[0.1, 0.1], [2.5, 2.5]]))
    share = 2.01 / (3 + 48 * 48 * 0.01)
    assert inside.item() == pytest.approx(torch.tensor(share).log().item() - LOG_CELL, abs=1e-4) and inside > elsewhere


@torch.no_grad()
@pytest.mark.parametrize(("model", "steps"), [
    ("histogram", 20), ("mixture", 20), ("autoregressive", 150), ("vae", 200), ("flow", 60), ("diffusion", 200),
])  # fmt: skip
def test_samples_come_nearer_than_points_anywhere(model, steps):
    zoo = made(model, steps)
    torch.manual_seed(1)
    anywhere = energy_distance(Anywhere(zoo.x, 0.0).draw(1000), zoo.test)
    found = zoo.evaluate()
    assert found["distance"] < 0.6 * anywhere and ("log_likelihood" in found) == (model in WITH_DENSITY)


@torch.no_grad()
def test_the_gan_moves_both_nets_and_draws_by_the_average():
    zoo = made("gan")
    before = [parameter.clone() for parameter in zoo.model.parameters() if parameter.requires_grad]
    zoo.step()
    zoo.step()
    after = [parameter for parameter in zoo.model.parameters() if parameter.requires_grad]
    assert all((one - other).abs().max() > 0 for one, other in zip(before, after, strict=True))
    noise = torch.randn(5, 2)
    assert (zoo.model.average(noise) - zoo.model.G(noise)).abs().max() > 0


def test_what_is_shown():
    [picture] = made("random").pictures()
    assert picture.payload["label"].sum() == 400 and len(picture.payload["x"]) == 800
