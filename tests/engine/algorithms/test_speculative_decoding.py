"""Speculative decoding: whatever is guessed, the large model's distribution comes out; wrong rules give another."""

import pytest
import torch

from dltui.engine.algorithms.speculative_decoding import PRIOR, build, counted, formula_calls
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.errors import DltuiError
from tests.engine.conftest import context

TEXT = "the cat sat on the mat and the rat ate that hat at the tent, then he ran. " * 40
ALPHABET = tuple(sorted(set(TEXT)))


def made(alphabet=ALPHABET, **options):
    numbers = torch.tensor([alphabet.index(one) for one in TEXT if one in alphabet])
    rows = Split(numbers[:-1].view(1, -1), numbers[1:].view(1, -1))
    facts = {"symbols": len(alphabet), "length": rows.inputs.shape[1]}
    torch.manual_seed(0)
    return build(**options)(context(Dataset(rows, rows, (), "builtin", "text", facts, vocabularies=(alphabet,))))


def after(steps=20, **options):
    algorithm = made(**{"texts": 500, **options})
    for _ in range(steps):
        algorithm.step()
    return algorithm


def test_the_models_are_counted_and_sum_to_1():
    text = torch.tensor([0, 1, 2, 0, 1, 2, 0, 1, 1])
    q, p = counted(text, 3)
    for table in (q, p):
        torch.testing.assert_close(table.sum(-1), torch.ones(table.shape[:-1]))
    assert p[0, 1, 2].item() == pytest.approx((2 + PRIOR * q[1, 2].item()) / (3 + PRIOR))


def test_accepted_or_corrected_a_symbol_is_distributed_as_the_large_model_says():
    """P(x) = q(x) min(1, p(x)/q(x)) + P(rejected) (p - q)+(x) / sum, by the algorithm's own two draws."""
    algorithm, count = made(guesses=1), 200_000
    torch.manual_seed(1)
    q, p = torch.rand(2, algorithm.V).softmax(1)
    both = [one.expand(count, 2, -1) for one in (p, q)]
    both[1] = torch.cat([both[1][:, :1], torch.zeros(count, 1, algorithm.V)], 1)
    guesses = torch.multinomial(q, count, True)[:, None]
    taken = algorithm.accepted(*both, guesses)
    own = algorithm.drawn_instead(*both, taken)
    first = torch.where(taken > 0, guesses[:, 0], own[:, 0])
    torch.testing.assert_close(torch.bincount(first, minlength=algorithm.V) / count, p, atol=4e-3, rtol=0)
    assert taken.float().mean().item() == pytest.approx(torch.minimum(p, q).sum().item(), abs=4e-3)


@pytest.mark.parametrize("guesses", [0, 1, 4])
def test_the_text_is_the_large_models_and_each_symbol_has_its_origin(guesses):
    algorithm = after(guesses=guesses)
    found = algorithm.evaluate()
    assert found["chi2"] == pytest.approx(1, abs=0.3)
    written = torch.arange(algorithm.text.shape[1]) < algorithm.lengths[:, None]
    own = (algorithm.origin > 0) & written
    assert (own.sum(1) == 20).all(), "each call adds one symbol of the large model"
    assert found["large_calls"] == pytest.approx(20 / found["symbols"])
    if not guesses:
        assert found["large_calls"] == 1


@pytest.mark.parametrize("rule", ["accept_all", "resample_large"])
def test_a_wrong_rule_gives_another_distribution(rule):
    assert after(rule=rule).evaluate()["chi2"] > 2


def test_the_formula_is_that_of_the_paper():
    assert formula_calls(0.7, 5) == pytest.approx((1 - 0.7) / (1 - 0.7**6))
    assert formula_calls(1.0, 4) == pytest.approx(1 / 5)


def test_it_goes_on_from_its_state_and_ends():
    whole, half = after(6, rounds=6), after(3, rounds=6)
    state = torch.random.get_rng_state()
    other = made(texts=500, rounds=6)
    other.load_state_dict(half.state_dict())
    torch.random.set_rng_state(state)
    for _ in range(3):
        other.step()
    assert torch.equal(other.text, whole.text) and other.done and not half.done


def test_pictures_and_an_alphabet_that_is_too_large():
    text, table, calls = (picture.payload for picture in after(3).pictures())
    assert len(text["parts"]) == len(text["label"]) and calls["curves"][1]["x"] == [4]
    assert table["columns"][1:] == ["small q", "large p", "written"]
    with pytest.raises(DltuiError, match="300"):
        made(alphabet=tuple(map(chr, range(300))))
