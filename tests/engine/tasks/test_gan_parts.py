"""What a GAN's loss, regularizer and nets may bring with them: more critic steps, other places, classes."""

import pytest
import torch

from dltui.engine.data import clouds
from dltui.engine.losses import wasserstein
from dltui.engine.models import conditional_mlp, mlp
from dltui.engine.regularizers import unit_slope
from dltui.engine.tasks.gan import build
from tests.engine.conftest import context
from tests.engine.tasks.test_gan import of_plane

ROWS = torch.arange(60)


def conditional(D=None, **options):
    """A GAN of 3 Gaussians of the plane, its generator told the class."""
    torch.manual_seed(0)
    data = clouds.build(shape="circle", groups=3, rows=300, spread=0.05).builtin()
    G = conditional_mlp.build(inputs=4, classes=3, hidden=[8], outputs=2)
    D = D or conditional_mlp.build(inputs=2, classes=3, hidden=[8], outputs=1)
    return build(**options)(context(data, {"generator": G, "discriminator": D}))


def test_the_discriminator_takes_its_steps_first_each_by_its_part_of_the_batch():
    task, _ = of_plane(critic_steps=3)
    objectives = task.objectives()
    assert [one.role for one in objectives] == ["discriminator"] * 3 + ["generator"]
    met = []
    task.rows.train.batch = lambda rows: met.append(rows) or task.rows.train.inputs[rows]
    for one in objectives[:3]:
        one.loss(ROWS)
    assert torch.equal(torch.cat(met), ROWS) and {len(part) for part in met} == {20}
    objectives[1].loss(ROWS[:2])  # too few for each to have one
    assert torch.equal(met[-1], ROWS[:2])


def test_the_penalty_of_wgan_gp_is_added_to_the_critics_loss_and_no_real_row_is_changed():
    """Guards the real rows: scored at the places between, the estimate would be of no distance."""
    task, nets = of_plane(loss=wasserstein.build(), regularizer=unit_slope.build(weight=0.0))
    torch.manual_seed(1)
    got = task.discriminator_loss(ROWS).item()
    torch.manual_seed(1)
    fakes = nets["generator"](torch.randn(60, 4))
    want = (task.D(fakes).mean() - task.D(task.rows.train.inputs[ROWS]).mean()).item()
    assert got == pytest.approx(want, abs=1e-6)


def test_a_critic_has_no_probabilities():
    assert of_plane(loss=wasserstein.build())[0].evaluate() == {}
    assert set(of_plane()[0].evaluate()) == {"real_score", "fake_score"}


def test_both_nets_are_told_the_classes_of_the_batch():
    task, met = conditional(), []
    task.scored = lambda rows, labels: met.append(labels) or rows[:, :1]
    task.discriminator_loss(ROWS)
    task.generator_loss(ROWS)
    assert all(torch.equal(labels, task.rows.train.targets[ROWS]) for labels in met) and len(met) == 3


def test_samples_of_a_class_are_those_of_the_generator_told_so():
    task, labels = conditional(), torch.tensor([2, 2, 0])
    drawn = task.sample_classes(labels, torch.Generator().manual_seed(1))
    z = torch.randn(3, 4, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(drawn, task.G(z, labels))
    unaware = conditional(mlp.build(inputs=2, hidden=[8], outputs=1))
    assert unaware.generator_loss(ROWS).isfinite()


def test_samples_may_wait_for_a_probe_to_show_them():
    task, _ = of_plane(samples_first=False)
    with torch.no_grad():
        assert not list(task.pictures()) and [one.pane for one in task.of_samples()] == ["plane"]
