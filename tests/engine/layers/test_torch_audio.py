"""torchaudio can be imported beside any torch, and its transforms are those of torch."""

import subprocess
import sys

import pytest
import torch

from dltui.engine.layers import torch_audio

BROKEN = """
import importlib, sys
from dltui.engine.layers import torch_audio
real, tried = importlib.import_module, []
def refusing(name, *rest):
    tried.append(name)
    if len(tried) == 1:
        sys.modules["torchaudio.left_over"] = sys
        raise {error}("libc10_cuda.so: cannot open shared object file")
    return real(name, *rest)
importlib.import_module = refusing
torchaudio = torch_audio.load()
assert tried == ["torchaudio", "torchaudio"] and "torchaudio.left_over" not in sys.modules
import torch
assert torchaudio.transforms.MelSpectrogram(n_mels=40)(torch.randn(16000)).shape == (40, 81)
"""


def test_its_spectrogram_is_torchs():
    x = torch.randn(2000, generator=torch.Generator().manual_seed(0))
    theirs = torch_audio.load().transforms.Spectrogram(n_fft=256, hop_length=64)(x)
    window = torch.hann_window(256)
    want = torch.stft(x, 256, 64, window=window, center=True, return_complex=True).abs().square()
    assert torch.allclose(theirs, want, rtol=1e-4, atol=1e-5)


def test_it_is_loaded_once():
    assert torch_audio.load() is torch_audio.load() is sys.modules["torchaudio"]


@pytest.mark.parametrize("error", ["OSError", "RuntimeError"])
def test_where_the_compiled_part_does_not_load_the_rest_does(error):
    """In an interpreter of its own: a CPU torch, and a torch for another CUDA, both end in a usable torchaudio."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BROKEN.format(error=error)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_what_is_not_installed_says_so(monkeypatch):
    """Guards the two errors that are caught: a missing package is neither."""
    monkeypatch.setitem(sys.modules, "torchaudio", None)
    with pytest.raises(ModuleNotFoundError):
        torch_audio.load()
