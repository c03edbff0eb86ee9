"""The generator's gradients by both losses: (1 - D) / D at the logits, and less by the saturating one."""

import pytest
import torch

from dltui.engine.losses import saturating
from dltui.engine.probes.generator_gradient import build, formula_error
from tests.engine.tasks.test_gan import of_plane


def test_at_the_logits_the_ratio_is_that_of_the_formula():
    assert formula_error(torch.linspace(-8, 8, 33)[:, None]) < 1e-6


def test_a_discriminator_that_is_sure_leaves_the_saturating_loss_no_gradient():
    task, nets = of_plane(loss=saturating.build())
    probe = build()(task)
    probe.after_step(1)
    with torch.no_grad():
        even = probe.evaluate()
        nets["discriminator"].head.bias -= 8
        probe.after_step(2)
        ahead = probe.evaluate()
    assert ahead["gradient_ratio"] > 500 and ahead["generator_gradient"] < 0.01 * even["generator_gradient"]
    rows = len(task.rows.test)  # all are taken for generated
    assert ahead["judged_rightly"] == pytest.approx(500 / (500 + rows))
    assert ahead["weakest_gradient"] == pytest.approx(ahead["generator_gradient"], rel=1e-5)
    assert ahead["surest"] == pytest.approx(ahead["logit_size"], rel=1e-5) and ahead["surest"] > even["surest"]
    assert probe.norm(task.criterion) == pytest.approx(ahead["generator_gradient"], rel=1e-5)
