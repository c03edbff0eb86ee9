"""Nothing is claimed that holds before the first step; all learning recipes: python tests/stress/untrained.py."""

import pytest

from tests.untrained import hollow, judged_untrained

QUICK = ("mlp-moons", "imbalance", "perceptron-xor", "hinge-digits", "linear-regression")


@pytest.mark.parametrize("name", QUICK)
def test_a_net_that_has_learned_nothing_meets_no_claim(name, home):
    judged = judged_untrained(name)
    assert not all(claim["ok"] for claim in judged)
    assert not hollow(name, judged)
