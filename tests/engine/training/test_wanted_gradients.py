"""Of several nets an update computes the gradients of the one that it moves."""

import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.training.learner import Learner
from tests.engine.conftest import CPU

GAN = {
    "task": {"kind": "gan"},
    "model": {
        "generator": {"kind": "mlp", "inputs": 4, "hidden": [8]},
        "discriminator": {"kind": "mlp", "hidden": [8]},
    },
    "probe": {},
}


def test_the_generators_update_leaves_the_discriminators_gradients_alone(recipe, data):
    """They were computed for nothing, and thrown away at the next step."""
    learner = Learner("", recipe(None, **GAN), Rows(data, CPU), CPU)
    discriminator, seen = learner.nets["discriminator"], []

    def keep(*_: object) -> None:
        seen.append([weights.grad.clone() for weights in discriminator.parameters()])

    learner.optimizers["discriminator"].register_step_post_hook(keep)
    learner.advance()
    (own,) = seen
    assert all(torch.equal(p.grad, before) for p, before in zip(discriminator.parameters(), own, strict=True))
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in learner.nets["generator"].parameters())


def test_the_weights_are_those_of_all_gradients(recipe, data, monkeypatch):
    """Guards an update that misses gradients which it needs."""
    ends = []
    for wanted in (Learner._wanted, lambda learner, objective: None):
        monkeypatch.setattr(Learner, "_wanted", wanted)
        learner = Learner("", recipe(None, **GAN), Rows(data, CPU), CPU)
        for _ in range(20):
            learner.advance()
        ends.append([p.clone() for net in learner.nets.values() for p in net.parameters()])
    assert all(torch.equal(a, b) for a, b in zip(*ends, strict=True))
