"""A sound as a picture that can be heard: its mel spectrogram, and the sound itself."""

import torch
from torch import Tensor

from dltui.engine.contracts.task import Sound
from dltui.engine.layers import torch_audio

MELS = 40
DEEP = 60.0  # dB from the darkest to the brightest


def mel_picture(sound: Tensor, rate: int, title: str) -> dict:
    """Returns the payload `spectrogram` of a sound (samples,) in -1..1."""
    n_fft = rate * 32 // 1000
    mel = torch_audio.load().transforms.MelSpectrogram(rate, n_fft, hop_length=n_fft // 2, n_mels=MELS)
    sound = sound.cpu()
    power = mel(sound)  # (MELS, T)
    return {
        "type": "spectrogram",
        "values": (10 * torch.log10(power / power.max().clamp(min=1e-12) + 1e-12)).numpy(),
        "hz": [0.0, rate / 2],
        "seconds": [0.0, len(sound) / rate],
        "db": [-DEEP, 0.0],
        "scale": "mel",
        "title": title,
        "sound": Sound(sound.numpy(), rate),
    }


def hardest_sound(sounds: Tensor, targets: Tensor, probabilities: Tensor, classes: tuple[str, ...], rate: int) -> dict:
    """Returns the payload of the sound (of (N, samples)) whose truth is thought least likely, and says so."""
    of_truth = probabilities.gather(1, targets[:, None])[:, 0]  # (N,)
    row = int(of_truth.argmin())
    truth, taken = classes[targets[row]], classes[probabilities[row].argmax()]
    share = f"{probabilities[row].max():.0%}"
    title = f"{truth} taken for {taken} ({share})" if truth != taken else f"{truth}, {share} sure"
    return mel_picture(sounds[row], rate, title)
