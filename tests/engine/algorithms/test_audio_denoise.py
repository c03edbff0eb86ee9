"""A voice taken out of noise: mixtures as loud as asked, masks that are bounds, a net that learns and resumes."""

import pytest
import torch

from dltui.engine.algorithms.audio_denoise import build, ideal_mask, snr_of, sound, spectrum, wiener_mask
from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context
from dltui.engine.generators import noises


def tones(rows: int, seed: int) -> torch.Tensor:
    """Short tones above 500 Hz, each at its own time."""
    generator = torch.Generator().manual_seed(seed)
    t = torch.arange(2000) / 8000
    f, begin = 600 + 1500 * torch.rand(rows, 1, generator=generator), 0.15 * torch.rand(rows, 1, generator=generator)
    return torch.sin(6.283 * f * t) * ((t > begin) & (t < begin + 0.08))


@pytest.fixture
def made():
    train, test = (
        Split(tones(count, seed), torch.zeros(count, dtype=torch.int64)) for seed, count in ((0, 40), (1, 12))
    )
    data = Dataset(train, test, ("a", "b"), "builtin", "", {"inputs": 2000, "classes": 2, "rate": 8000})
    context = Context(Rows(data, torch.device("cpu")), {}, torch.device("cpu"), 0)

    def make(**options):
        torch.manual_seed(0)
        return build(**{"width": 8, "batch": 8, **options})(context)

    return make


def test_a_mask_of_ones_gives_the_sound_back():
    x = torch.randn(3, 2000)
    assert torch.allclose(sound(spectrum(x), 2000), x, atol=1e-5)


def test_snr_is_that_of_the_definition():
    clean, wrong = torch.ones(1, 100), 0.1 * torch.ones(1, 100)
    assert snr_of(clean, clean + wrong).item() == pytest.approx(20, abs=1e-4)


@pytest.mark.parametrize("snr", [-6.0, 0.0, 10.0])
def test_the_noise_is_as_loud_as_asked(made, snr):
    denoise = made(snr=snr)
    assert torch.allclose(snr_of(denoise.clean, denoise.noisy), torch.tensor(snr), atol=1e-3)


def test_no_mask_is_better_than_the_ideal_one():
    X, Y = spectrum(torch.randn(2, 2000)), spectrum(torch.randn(2, 2000))
    best = (ideal_mask(X, Y) * Y - X).abs()
    for mask in (torch.rand(Y.shape), wiener_mask(Y), torch.ones(Y.shape), torch.zeros(Y.shape)):
        assert ((mask * Y - X).abs() >= best - 1e-4).all()


def test_steady_noise_is_taken_away_by_wieners_filter():
    clean = tones(8, 3)
    noisy = clean + 0.1 * torch.randn(clean.shape)
    Y = spectrum(noisy)
    assert (snr_of(clean, sound(wiener_mask(Y) * Y, 2000)) - snr_of(clean, noisy)).mean() > 2


def test_it_learns_and_goes_on_where_it_was(made):
    denoise = made()
    before = denoise.evaluate()["gain"]
    for _ in range(30):
        denoise.step()
    after = denoise.evaluate()
    assert after["gain"] > before + 0.5 and after["gain"] < after["ideal_gain"]
    copy = made()
    copy.load_state_dict(denoise.state_dict())
    states = []
    for one in (denoise, copy):
        torch.manual_seed(5)
        states.append(one.step()["loss"])
    assert states[0] == states[1]


def test_every_picture_is_a_payload(made):
    assert [one.pane for one in made().pictures()][:3] == ["noisy", "denoised", "mask"]


@pytest.mark.parametrize("kind", ["hum", "white", "babble"])
def test_noise_has_energy_1_and_hum_is_low(kind):
    generator = torch.Generator().manual_seed(0)
    made = {
        "hum": lambda: noises.hum(3, 4000, generator),
        "white": lambda: noises.white(3, 4000, generator),
        "babble": lambda: noises.babble(torch.randn(5, 4000), 3, generator),
    }[kind]()
    assert torch.allclose(made.square().sum(1), torch.ones(3), atol=1e-5)
    power = torch.fft.rfft(made).abs().square()
    low = power[:, : int(520 * 4000 / 8000)].sum(1) / power.sum(1)
    assert (low > 0.99).all() if kind == "hum" else (low < 0.3).all()
