"""The user's own sounds: a folder of class folders with wav, flac, mp3, ogg or opus files."""

import math
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import torch

from dltui import regular_file
from dltui.engine.layers import torch_audio
from dltui.engine.reading.folder import class_folders
from dltui.errors import DltuiError, ExitStatus

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".aiff", ".au")
MOST_BYTES = 512_000_000  # of a file
MOST_VALUES = 200_000_000  # of all channels: half an hour of music, 0.8 GB
MOST_WEIGHTS = 50_000_000  # of a resampling filter: one for each pair of moments that the two rates have
TELL_EVERY = 200  # sounds between two words of progress


def read_sound(path: Path, rate: int, samples: int) -> np.ndarray:
    """Returns the sound of a file as (samples,) float32 in -1..1: one channel, `rate` samples a second.

    A longer one is cut to its loudest stretch, a shorter one has silence around it. Raises DltuiError, naming the file.
    """
    import soundfile  # 70 ms

    data = None
    try:
        data = regular_file.read(path, MOST_BYTES)
        with soundfile.SoundFile(BytesIO(data)) as file:
            own_rate = file.samplerate
            _check(file.frames * file.channels, own_rate, rate)
            sound = file.read(dtype="float32", always_2d=True)
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        what = getattr(error, "strerror", None) or str(error).rpartition(": ")[2]
        what = "the file is empty" if data == b"" else what
        raise _wrong(f"{path}: not a sound that can be read: {what.rstrip('.')}.") from None
    mono = torch.from_numpy(sound).mean(1)  # (L,)
    if own_rate != rate and len(mono):
        mono = torch_audio.load().functional.resample(mono, own_rate, rate)
    return fitted(mono.numpy(), samples)


def _check(values: int, own_rate: int, rate: int) -> None:
    """Raises ValueError, in words, where decoding or resampling would take more than memory holds."""
    if values > MOST_VALUES:
        raise ValueError(f"it has {values:,} samples, at most {MOST_VALUES:,}")
    common = math.gcd(own_rate, rate)
    if own_rate // common * (rate // common) > MOST_WEIGHTS:
        raise ValueError(f"its {own_rate:,} samples a second cannot be made {rate:,}")


def fitted(sound: np.ndarray, samples: int) -> np.ndarray:
    """sound (L,) -> (samples,): its loudest stretch, or all of it in the middle of silence."""
    if len(sound) > samples:
        energy = np.concatenate([[0.0], np.cumsum(np.square(sound, dtype=np.float64))])
        start = int((energy[samples:] - energy[:-samples]).argmax())
        return sound[start : start + samples]
    missing = samples - len(sound)
    return np.pad(sound, (missing // 2, missing - missing // 2))


def read_sounds(
    folder: Path, rate: int, samples: int, report: Callable[[str], None]
) -> tuple[np.ndarray, list[str], list[str]]:
    """Returns the sounds of a folder of class folders (N, samples) float32, their labels, and the files' names.

    Raises DltuiError where there are no class folders, one holds no sound, or a sound is broken.
    """
    folder = folder.expanduser()
    if not folder.is_dir():
        raise _wrong(f"{folder}: expected a folder, found {'a file' if folder.exists() else 'nothing'} there.")
    files: list[Path] = []
    labels: list[str] = []
    for class_folder in class_folders(folder):
        sounds = [path for path in sorted(class_folder.rglob("*")) if _is_sound(path)]
        if not sounds:
            raise _wrong(f"{class_folder}: expected sounds ({' '.join(SUFFIXES)}), found none.")
        files += sounds
        labels += [class_folder.name] * len(sounds)
    inputs = np.empty((len(files), samples), np.float32)
    for row, path in enumerate(files):
        if row % TELL_EVERY == 0:
            report(f"reading sounds {row:,}/{len(files):,}")
        inputs[row] = read_sound(path, rate, samples)
    return inputs, labels, [path.stem for path in files]


def _is_sound(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _wrong(message: str) -> DltuiError:
    hint = "Your own sounds: a folder of class folders, such as sounds/yes/anna_1.wav, sounds/no/anna_1.wav ..."
    return DltuiError(message, hint, ExitStatus.DATA)
