"""FID: a judge that is trained once and disturbs nothing, small for real pictures, and copies are found."""

import pytest
import torch

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.rows import Rows
from dltui.engine.metrics import fid_features as judges
from dltui.engine.models import pretraining
from dltui.engine.probes.fid import METRICS, build
from tests.engine.conftest import CPU


@pytest.fixture
def digits(home, monkeypatch):
    """Small bright and dark pictures of two classes; the judge learns them in a few steps."""
    monkeypatch.setattr(judges, "STEPS", 30)
    generator = torch.Generator().manual_seed(0)
    targets = torch.randint(0, 2, (400,), generator=generator)
    noise = torch.randint(0, 60, (400, 1, 12, 12), generator=generator)
    inputs = (noise + 150 * targets[:, None, None, None]).to(torch.uint8)
    train, test = (Split(inputs[part], targets[part]) for part in (slice(0, 200), slice(200, 400)))
    return Dataset(train, test, ("dark", "bright"), "builtin", "", {"channels": 1, "size": 12, "classes": 2})


class Drawing:
    """A task that draws what it is given."""

    def __init__(self, data, drawn):
        self.rows, self.drawn = Rows(data, CPU), drawn

    def sample(self, count, generator=None):
        return self.drawn[:count] if isinstance(self.drawn, torch.Tensor) else self.drawn(count, generator)


def noise(count, generator):
    return torch.rand(count, 1, 12, 12, generator=generator)


def test_the_judge_is_trained_once(digits, monkeypatch):
    first = judges.FIDFeatureExtractor(digits, CPU)
    pictures = digits.test.inputs.float() / 255
    assert (first.predict(pictures) == digits.test.targets).float().mean() > 0.9
    monkeypatch.setattr(pretraining, "_train", lambda *given: pytest.fail("trained again"))
    assert torch.equal(judges.FIDFeatureExtractor(digits, CPU).features(pictures), first.features(pictures))


def test_it_does_not_disturb_the_runs_random_numbers(digits):
    torch.manual_seed(3)
    want = torch.rand(4)
    torch.manual_seed(3)
    build()(Drawing(digits, noise)).evaluate()
    assert torch.equal(torch.rand(4), want)


def test_it_is_small_for_real_pictures_and_large_for_noise(digits):
    real = build()(Drawing(digits, digits.test.inputs / 255)).evaluate()
    assert real["fid"] == pytest.approx(0, abs=1e-3) and set(real) == set(METRICS) - {"fitted_fid"}
    first, second = (build(samples=200)(Drawing(digits, noise)).evaluate() for _ in range(2))
    assert first["fid"] > 1 and first == second  # of the same noise each time


def test_copies_of_training_pictures_are_found(digits):
    ratios = [build()(Drawing(digits, split.inputs / 255)).evaluate()["nearest_ratio"] for split in digits[:2]]
    assert ratios[0] < 1e-3 and ratios[1] == pytest.approx(1)


def test_codes_that_are_fitted_have_a_distance_of_their_own(digits):
    task = Drawing(digits, digits.test.inputs / 255)
    task.sample_fitted = noise
    values = build(samples=200)(task).evaluate()
    assert set(values) == set(METRICS) and values["fitted_fid"] > values["fid"] + 1


def test_nothing_is_drawn_of_a_task_that_has_not_learned(digits):
    """Guards the seconds that samples of a net without a weight would cost."""
    task = Drawing(digits, lambda *asked: pytest.fail("drawn"))
    task.has_learned = False
    assert build()(task).evaluate() == {}
