"""Noise is taken out of a voice by a mask on its spectrogram (Erdogan et al. 2015, doi:10.1109/ICASSP.2015.7178061).

X: spectrum of the clean sound, Y: that of the noisy one, both (B, F, T) complex; a mask (B, F, T) in 0..1 makes of Y
what is heard. Boll 1979, doi:10.1109/TASSP.1979.1163209, for spectral subtraction.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators.noises import babble, hum, unit, white
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.sounds import mel_picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Heat

METRICS = {
    "loss": Metric(
        "energy of the error of a batch, as a share of the energy of the clean sounds", better="lower", rows="train"
    ),
    "gain": Metric(
        "what the net's mask adds to the signal-to-noise ratio of test sounds, mean",
        better="higher",
        unit="dB",
        rows="test",
    ),
    "subtraction_gain": Metric(
        "what spectral subtraction adds to the signal-to-noise ratio, mean",
        "higher",
        unit="dB",
        axis="gain",
        rows="test",
    ),
    "wiener_gain": Metric(
        "what the Wiener filter adds to the signal-to-noise ratio, mean", "higher", unit="dB", axis="gain", rows="test"
    ),
    "ideal_gain": Metric(
        "what the best mask, known from the clean sound, adds to the signal-to-noise ratio, mean",
        unit="dB",
        axis="gain",
        rows="test",
    ),
}
N, HOP = 256, 128  # samples of a window, and from one to the next
F = N // 2 + 1
BABBLE = 0.7  # amplitude of babble where that of hum is 1
TEST = 120  # test sounds at most
QUIETEST = 10  # frames by which the noise is judged where nothing is trained
FLOOR = 0.01  # of the power that is left in any case
FAINT = 1e-3  # of the loudest, added before the logarithm
LATE = 200  # steps after which the learning rate begins to fall


def build(
    *,
    trained_on: Literal["hum_and_babble", "hum", "white"] = "hum_and_babble",
    width: int = 64,
    reach: int = 5,
    snr: float = 0.0,
    batch: int = 24,
    lr: float = 0.004,
) -> Callable[[Context], "AudioDenoise"]:
    """Each step mixes training voices with fresh noise and moves the weights of a net that gives a mask.

    trained_on: the noise of training; that of the test is always hum and babble.
    width: channels of the net's layers, at least 1.
    reach: frames that a convolution looks at, at least 1, at most 9.
    snr: signal-to-noise ratio of the noisy sounds in dB, at least -20, at most 20.
    batch: sounds of a step, at least 1.
    lr: learning rate of Adam, above 0; it falls with the root of the steps.
    """
    return lambda context: AudioDenoise(context, trained_on, width, reach, snr, batch, lr)


def spectrum(x: Tensor) -> Tensor:
    """x (B, L) -> (B, F, T) complex."""
    window = torch.hann_window(N, device=x.device)
    return torch.stft(x, N, HOP, window=window, return_complex=True)


def sound(X: Tensor, length: int) -> Tensor:
    """(B, F, T) complex -> x (B, length)."""
    return torch.istft(X, N, HOP, window=torch.hann_window(N, device=X.device), length=length)


def snr_of(clean: Tensor, heard: Tensor) -> Tensor:
    """clean and heard (B, L) -> 10 log10 of the clean energy over that of the difference, (B,) dB."""
    wrong = (clean - heard).square().sum(1).clamp(min=1e-12)
    return 10 * (clean.square().sum(1) / wrong).log10()


def ideal_mask(X: Tensor, Y: Tensor) -> Tensor:
    """The real mask in 0..1 that leaves |M Y - X| least in every cell."""
    return ((X * Y.conj()).real / Y.abs().square().clamp(min=1e-12)).clamp(0, 1)


def noise_share(Y: Tensor) -> Tensor:
    """|noise|^2 / |Y|^2 (B, F, T): the noise is taken to be what the quietest frames hold, and never to change."""
    P = Y.abs().square()
    quiet = P.sum(1).argsort(1)[:, None, :QUIETEST].expand(-1, F, -1)
    return P.gather(2, quiet).mean(2, keepdim=True) / P.clamp(min=1e-12)


def wiener_mask(Y: Tensor) -> Tensor:
    return (1 - noise_share(Y)).clamp(min=FLOOR)


def subtraction_mask(Y: Tensor) -> Tensor:
    """The amplitude whose square is the power that is left when the noise's is subtracted."""
    return wiener_mask(Y).sqrt()


class MaskNet(nn.Module):
    """Y (B, F, T) complex -> mask (B, F, T) in 0..1: convolutions over time, in which frequencies are channels."""

    def __init__(self, width: int, reach: int):
        super().__init__()
        layers: list[nn.Module] = []
        for ins, wide in ((F, 1), (width, 2), (width, 4)):
            convolution = nn.Conv1d(ins, width, reach, padding="same", dilation=wide, bias=False)
            layers += [convolution, nn.BatchNorm1d(width), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Conv1d(width, F, 1))

    def forward(self, Y: Tensor) -> Tensor:
        loud = Y.abs()
        seen = (loud + FAINT * loud.amax((1, 2), keepdim=True).clamp(min=1e-9)).log()
        return self.layers((seen - seen.mean((1, 2), keepdim=True)) / 2).sigmoid()


class AudioDenoise(nn.Module):
    """Training and test voices of energy 1, and a net; the mixtures of the test are drawn by the seed alone."""

    done = False  # it may always go on

    def __init__(
        self, context: Context, trained_on: str, width: int, reach: int, snr: float, batch: int, lr: float
    ):  # fmt: skip
        super().__init__()
        rows: Rows = context.rows.sounds()
        self.rate, self.trained_on, self.batch, self.lr = rows.facts["rate"], trained_on, batch, lr
        self.loud = 10 ** (-snr / 20)  # of the noise
        self.voices = unit(rows.train.stored.cpu())
        self.net = MaskNet(width, reach)
        self.adam = AdamInBuffers(self.net.parameters(), lr)
        generator = torch.Generator().manual_seed(context.seed + 1)
        said = unit(rows.test.stored.cpu())
        self.clean = said[torch.randperm(len(said), generator=generator)[:TEST]]
        self.noisy = self.clean + self.loud * self._noise(said, len(self.clean), "hum_and_babble", generator)
        self.Y = spectrum(self.noisy)
        self.masks = {"subtraction": subtraction_mask(self.Y), "wiener": wiener_mask(self.Y)}
        self.masks["ideal"] = ideal_mask(spectrum(self.clean), self.Y)
        self.others = {f"{name}_gain": self._gains(mask).mean().item() for name, mask in self.masks.items()}

    def _noise(self, voices: Tensor, count: int, kind: str, generator: torch.Generator | None) -> Tensor:
        """(count, L) of energy 1."""
        generator = generator or torch.default_generator
        length = voices.shape[1]
        if kind == "white":
            return white(count, length, generator)
        mains = hum(count, length, generator)
        return mains if kind == "hum" else unit(mains + BABBLE * babble(voices, count, generator))

    def _gains(self, mask: Tensor) -> Tensor:
        """What a mask (B, F, T) of the test adds to each one's SNR, (B,) dB."""
        heard = sound(mask * self.Y, self.clean.shape[1])
        return snr_of(self.clean, heard) - snr_of(self.clean, self.noisy)

    def step(self) -> dict[str, float]:
        """Moves the weights once, towards masks that leave little of what is wrong in every cell."""
        self.net.train()
        clean = self.voices[torch.randint(len(self.voices), (self.batch,))]
        X, Y = map(spectrum, (clean, clean + self.loud * self._noise(self.voices, self.batch, self.trained_on, None)))
        self.adam.lr = self.lr / (1 + int(self.adam.steps) / LATE) ** 0.5
        with torch.enable_grad():
            wrong = (self.net(Y) * Y - X).abs().square().sum((1, 2))
            loss = (wrong / X.abs().square().sum((1, 2))).mean()
            self.adam.step(loss)
        return {"loss": float(loss.detach())}

    def _mask(self) -> Tensor:
        self.net.eval()
        return self.net(self.Y)

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        return {"gain": self._gains(self._mask()).mean().item(), **self.others}

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """One test sound, as it is heard and as the masks make it; the mask; the gains."""
        mask = self._mask()
        made = sound(mask[:1] * self.Y[:1], self.clean.shape[1])[0]
        for pane, x in (("noisy", self.noisy[0]), ("denoised", made), ("clean", self.clean[0])):
            yield Picture(pane, mel_picture(0.8 * x / x.abs().max(), self.rate, pane))
            if pane == "denoised":
                yield Picture("mask", self._heat(mask[0]))
        yield Picture("ideal mask", self._heat(self.masks["ideal"][0]))
        gains = {"net": self._gains(mask).mean().item()} | {name: self.others[f"{name}_gain"] for name in self.masks}
        yield Picture("gains", Bars(labels=list(gains), values=torch.tensor(list(gains.values())).numpy(), title="dB"))

    def _heat(self, mask: Tensor) -> Heat:
        return Heat(values=mask.flip(0).numpy(), x_title="frame", y_title="frequency, the highest first")
