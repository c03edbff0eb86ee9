"""Scaling law: the line is least squares in logarithms, nets do not know of each other, the largest is not fitted."""

import numpy as np
import pytest
import torch
from scipy.stats import linregress

from dltui.engine.algorithms.scaling_law import READ, UNITS, build, fitted
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.errors import DltuiError
from tests.engine.conftest import context

LENGTH, LETTERS = 24, "abcd"


def text(rows: int, seed: int) -> Split:
    """Each letter is followed by the next one three times of four: (rows, LENGTH) and what follows each."""
    random = np.random.default_rng(seed)
    steps = np.where(random.random((rows, LENGTH + 1)) < 0.75, 1, random.integers(4, size=(rows, LENGTH + 1)))
    symbols = torch.from_numpy(steps.cumsum(1) % len(LETTERS))
    return Split(symbols[:, :-1], symbols[:, 1:])


def made(steps: int = 60, **options):
    torch.manual_seed(0)
    facts = {"symbols": len(LETTERS), "length": LENGTH}
    data = Dataset(text(40, 0), text(10, 1), (), "builtin", "letters", facts, vocabularies=(tuple(LETTERS),))
    return build(**options)(context(data, steps=steps))


def test_the_line_is_scipys():
    n, loss = torch.logspace(2, 4, 6).double(), torch.rand(6).double() + 1
    law, theirs = fitted(n, loss), linregress(n.log(), loss.log())
    assert law.alpha == pytest.approx(-theirs.slope) and law.r2 == pytest.approx(theirs.rvalue**2)
    assert torch.allclose(law.at(n).log(), theirs.intercept + theirs.slope * n.log())


def test_a_power_is_found_and_predicts_exactly():
    n = torch.tensor([10.0, 20, 40, 80]).double()
    law = fitted(n, 3 * n**-0.2)
    assert law.alpha == pytest.approx(0.2) and law.r2 == pytest.approx(1)
    assert law.at(torch.tensor(1000.0).double()).item() == pytest.approx(3 * 1000**-0.2)


def test_weights_are_counted_without_embeddings():
    law = made()
    V = len(LETTERS)
    for n, units in zip(law.n.tolist(), UNITS, strict=True):
        assert n == READ * 8 * units + units + units * V + V


def test_each_net_learns_as_if_it_were_alone():
    """A step of all is a step of each: the gradients of the others' terms are 0."""
    law, first = made(), None
    before = {name: value.clone() for name, value in law.nets[0].state_dict().items()}
    for scale in (1.0, 1000.0):
        law = made()
        law.nets[0].load_state_dict(before)
        with torch.no_grad():
            law.nets[-1][-1].weight.mul_(scale)
        torch.manual_seed(1)
        law.step()
        weight = law.nets[0][2].weight.detach().clone()
        assert first is None or torch.equal(weight, first)
        first = weight


def test_the_largest_net_is_predicted_and_not_fitted():
    law = made()
    before = law.evaluate()
    with torch.no_grad():
        law.nets[-1][-1].weight.mul_(20)
    after = law.evaluate()
    assert (after["exponent"], after["r2"]) == (before["exponent"], before["r2"])
    assert after["next_error"] != before["next_error"]


def test_its_test_loss_is_that_of_a_loop_and_falls():
    law = made()
    rows = law.test[:5]
    with torch.no_grad():
        p = law.nets[1](rows[:, :-1]).softmax(1)
    want = -sum(p[row, rows[row, -1]].log() for row in range(5)) / 5
    found = torch.nn.functional.cross_entropy(law.nets[1](rows[:, :-1]), rows[:, -1])
    assert found.item() == pytest.approx(want.item(), rel=1e-5)
    first = law.losses()
    for _ in range(60):
        law.step()
    assert (law.losses() < first).all() and law.adam.lr < 0.001


def test_rows_that_are_shorter_than_what_a_net_reads_are_refused():
    facts = {"symbols": len(LETTERS), "length": READ - 1}
    parts = [Split(part.inputs[:, : READ - 1], part.targets[:, : READ - 1]) for part in (text(40, 0), text(10, 1))]
    data = Dataset(*parts, (), "builtin", "letters", facts, vocabularies=(tuple(LETTERS),))
    with pytest.raises(DltuiError, match=f"Set data.length={READ}"):
        build()(context(data, steps=5))


def test_other_sequences_are_refused():
    facts = {"symbols": len(LETTERS), "length": LENGTH}
    parts = [part._replace(targets=part.inputs) for part in (text(40, 0), text(10, 1))]
    data = Dataset(*parts, (), "builtin", "letters", facts, vocabularies=(tuple(LETTERS),))
    with pytest.raises(DltuiError, match=r"Take: data\.kind=text"):
        build()(context(data, steps=5))


def test_a_text_of_few_characters_is_refused():
    with pytest.raises(DltuiError, match="Take at least 100"):
        build(characters=8)
    assert len(made(characters=100).text) == 100
