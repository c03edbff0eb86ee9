"""Viterbi, forward-backward and Baum-Welch against sums and maxima over all paths of a short series."""

from itertools import product

import pytest
import torch

from dltui.engine.algorithms.hmm import (
    K,
    Model,
    backward,
    baum_welch,
    best_path,
    drawn,
    emissions,
    forward,
    of_all_paths,
    posterior,
    true_model,
)

MOMENTS = 6
PATHS = torch.tensor(list(product(range(K), repeat=MOMENTS)))  # (K^MOMENTS, MOMENTS)


@pytest.fixture
def model() -> Model:
    random = torch.Generator().manual_seed(1)
    pi, A = (torch.rand(shape, generator=random, dtype=torch.float64).softmax(-1) for shape in ((K,), (K, K)))
    return Model(pi, A, torch.tensor([-1.0, 0.2, 1.5]).double(), torch.tensor([0.7, 1.0, 1.3]).double())


@pytest.fixture
def x() -> torch.Tensor:
    return torch.randn(1, MOMENTS, generator=torch.Generator().manual_seed(2), dtype=torch.float64)


def of_paths(x, model) -> torch.Tensor:
    """log p(path, x) by the formula, term by term, with torch's normal distribution."""
    found = []
    for path in PATHS.tolist():
        total = model.pi[path[0]].log()
        for t, state in enumerate(path):
            total = total + torch.distributions.Normal(model.mu[state], model.sd[state]).log_prob(x[0, t])
            if t:
                total = total + model.A[path[t - 1], state].log()
        found.append(total)
    return torch.stack(found)


def test_the_probability_of_every_path_is_that_of_the_formula(x, model):
    torch.testing.assert_close(of_all_paths(emissions(x, model), model), of_paths(x, model))


def test_viterbi_finds_the_best_of_all_paths(x, model):
    path, score = best_path(emissions(x, model), model)
    every = of_paths(x, model)
    assert path[0].tolist() == PATHS[every.argmax()].tolist()
    assert score[0].item() == pytest.approx(every.max().item())


def test_forward_and_backward_are_sums_over_all_paths(x, model):
    b = emissions(x, model)
    every = of_paths(x, model)
    gamma, likelihood = posterior(b, model)
    assert likelihood[0].item() == pytest.approx(torch.logsumexp(every, 0).item())
    shares = every.softmax(0)
    for t in range(MOMENTS):
        want = torch.stack([shares[PATHS[:, t] == state].sum() for state in range(K)])
        torch.testing.assert_close(gamma[0, t], want)
    both = torch.logsumexp(forward(b, model) + backward(b, model), 2)[0]  # the same at every moment
    torch.testing.assert_close(both, likelihood.expand(MOMENTS))


def test_baum_welch_fits_to_the_mean_over_all_paths(x, model):
    fitted = baum_welch(x, model, transitions=True)
    shares = of_paths(x, model).softmax(0)[:, None]
    moves = torch.zeros(K, K, dtype=torch.float64)
    for t in range(1, MOMENTS):
        moves.index_put_((PATHS[:, t - 1], PATHS[:, t]), shares[:, 0], accumulate=True)
    torch.testing.assert_close(fitted.A, moves / moves.sum(1, keepdim=True))
    for state in range(K):
        weight = shares * (state == PATHS)
        mu = (weight * x).sum() / weight.sum()
        assert fitted.mu[state].item() == pytest.approx(mu.item())
        assert fitted.sd[state].item() == pytest.approx(((weight * (x - mu) ** 2).sum() / weight.sum()).sqrt().item())


def test_series_are_drawn_as_the_model_says():
    torch.manual_seed(0)
    model = true_model(0.9, 2.0)
    x, states = drawn(model, 100)
    assert (states[:, 1:] == states[:, :-1]).double().mean().item() == pytest.approx(0.9, abs=0.01)
    assert (x - model.mu[states]).std().item() == pytest.approx(1, abs=0.02)
