"""DPO: pi* is the optimum of reward with a KL penalty, and the only policy at which the loss over all pairs is flat."""

import pytest
import torch

from dltui.engine.algorithms.dpo_toy import build, kl, optimum
from tests.engine.conftest import context


def made(seed=0, steps=1200, **options):
    torch.manual_seed(seed)
    return build(**options)(context(seed=seed, steps=steps))


def trained(part, steps):
    for _ in range(steps):
        part.step()
    return part


def test_kl_is_torchs_and_zero_of_equal_policies():
    torch.manual_seed(0)
    log_p, log_q = torch.randn(2, 3, 7, dtype=torch.float64).log_softmax(2)
    wanted = torch.nn.functional.kl_div(log_q, log_p, reduction="none", log_target=True).sum(1)
    assert torch.allclose(kl(log_p, log_q), wanted) and kl(log_p, log_p).abs().max() == 0


def test_no_policy_has_more_reward_less_penalty_than_the_optimum():
    torch.manual_seed(0)
    log_ref, reward = torch.randn(8).log_softmax(0), torch.randn(8)
    betas = torch.tensor([0.3, 2.0])

    def gain(log_p):
        return log_p.exp() @ reward - betas * kl(log_p, log_ref)

    best = optimum(log_ref, reward, betas)
    assert torch.allclose(gain(best), betas * (log_ref + reward / betas[:, None]).logsumexp(1))  # beta log Z
    for size in (0.01, 0.1, 1.0):
        assert (gain((best + size * torch.randn(2, 8)).log_softmax(1)) < gain(best)).all()


@pytest.mark.parametrize(("loss", "is_flat"), [("dpo", True), ("no_reference", False), ("likelihood", False)])
def test_the_loss_over_all_pairs_is_flat_at_the_optimum(loss, is_flat):
    part = made(loss=loss, answers=6)
    with torch.no_grad():
        part.logits.copy_(part.log_best)
    wins = torch.sigmoid(part.reward[:, None] - part.reward)
    share = part.log_ref.exp()[:, None] * part.log_ref.exp() * wins  # (Y, Y) of pairs, the preferred one first
    total = sum(
        share[i, j] * part.losses(torch.tensor([i]), torch.tensor([j])).sum() for i in range(6) for j in range(6)
    )
    slope = torch.autograd.grad(total, part.logits)[0].abs().max()
    assert (slope < 1e-6) == is_flat


def test_pairs_are_labelled_as_the_rewards_say():
    part = made(answers=3)
    preferred, other = part.pairs(40000)
    of_two = (preferred == 0) & (other == 1), (preferred == 1) & (other == 0)
    won, lost = (each.sum().item() for each in of_two)
    assert won / (won + lost) == pytest.approx(torch.sigmoid(part.reward[0] - part.reward[1]).item(), abs=0.02)


def test_preferred_is_a_half_at_the_reference_and_what_drawn_answers_give():
    part = made()
    assert part.evaluate()["preferred"] == pytest.approx(0.5, abs=1e-5) and part.evaluate()["kl"] < 1e-6
    drawn = part.log_best[part.chosen].exp().multinomial(20000, replacement=True)
    reference = part.log_ref.exp().multinomial(20000, replacement=True)
    seen = torch.sigmoid(part.reward[drawn] - part.reward[reference]).mean().item()
    assert part.evaluate()["optimum_preferred"] == pytest.approx(seen, abs=0.02)


def test_it_nears_the_optimum_and_resumes_exactly():
    one = trained(made(answers=8, lr=0.1, steps=200), 150)
    other = made(seed=7, answers=8, lr=0.1, steps=200)
    other.load_state_dict(one.state_dict())
    for part in (one, other):
        torch.manual_seed(3)
        trained(part, 50)
    assert torch.equal(one.logits, other.logits)
    assert one.evaluate()["optimum_error"] < 0.2
    frontier, answers = (picture.payload for picture in one.pictures())
    best, policies = frontier["curves"]
    assert len(policies["x"]) == 6 and max(policies["y"]) <= max(best["y"]) + 1e-3
    assert [curve["name"] for curve in answers["curves"]] == ["reference", "pi*", "policy"]
