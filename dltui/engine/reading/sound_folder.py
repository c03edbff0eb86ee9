"""The user's own sounds: a folder of class folders with wav, flac, mp3, ogg or opus files."""

import math
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from dltui import regular_file
from dltui.engine.layers import torch_audio
from dltui.engine.reading import walk
from dltui.engine.reading.folder import Filed, Wanted, filed
from dltui.engine.reading.pointer import pointer_in
from dltui.errors import DltuiError, ExitStatus

SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".opus", ".aiff", ".au")
MOST_BYTES = 512_000_000  # of a file
MOST_VALUES = 200_000_000  # of all channels: half an hour of music, 0.8 GB
MOST_WEIGHTS = 50_000_000  # of a resampling filter: one for each pair of moments that the two rates have
TELL_EVERY = 200  # sounds between two words of progress
MOST_BROKEN = 50  # sounds after which no more are looked for
HINT = "Your own sounds: a folder of class folders, such as sounds/yes/anna_1.wav, sounds/no/anna_1.wav ..."
SOUNDS = Wanted("sounds", SUFFIXES, HINT)
ENDLESS = 0xFFFFFFFF  # the length of a wav that was written as a stream


class Heard(NamedTuple):
    """A sound (samples,) float32, and what is wrong with it: empty, silent, not finite or cut short; "" for nothing."""

    sound: np.ndarray
    fault: str = ""


class Sounds(NamedTuple):
    """inputs (N, samples) float32, their labels, and the names of their files without suffix."""

    inputs: np.ndarray
    labels: list[str]
    names: list[str]


def read_sound(path: Path, rate: int, samples: int) -> Heard:
    """Returns the sound of a file in -1..1: one channel, `rate` samples a second.

    A longer one is cut to its loudest stretch, a shorter one has silence around it. Raises DltuiError, naming the file.
    """
    import soundfile  # 70 ms

    data = None
    try:
        data = regular_file.read(path, MOST_BYTES)
        with soundfile.SoundFile(_Stream(data)) as file:
            own_rate, promised = file.samplerate, file.frames
            _check(promised * file.channels, own_rate, rate)
            sound = file.read(dtype="float32", always_2d=True)
    except (OSError, ValueError, soundfile.SoundFileError) as error:
        what = getattr(error, "strerror", None) or str(error).rpartition(": ")[2]
        what = "the file is empty" if data == b"" else pointer_in(data or b"") or what
        raise _wrong(f"{path}: not a sound that can be read: {what.rstrip('.')}.") from None
    if not np.isfinite(sound).all():
        return Heard(np.zeros(samples, np.float32), "not finite")
    mono = torch.from_numpy(sound).mean(1)  # (L,)
    if own_rate != rate and len(mono):
        mono = torch_audio.load().functional.resample(mono, own_rate, rate)
    fault = "empty" if not len(sound) else "silent" if not sound.any() else ""
    if not fault and (len(sound) < promised or _is_cut(data)):
        fault = "cut short"
    return Heard(fitted(mono.numpy(), samples), fault)


class _Stream(BytesIO):
    """A damaged head sends libsndfile to before the beginning, and what is raised there is only printed."""

    def seek(self, offset: int, whence: int = 0) -> int:
        start = (0, self.tell(), self.getbuffer().nbytes)[whence]
        return super().seek(max(0, start + offset))


def _is_cut(data: bytes) -> bool:
    """Whether a wav holds less than its head promises."""
    place = data.find(b"data", 12, 4096)
    if not data.startswith(b"RIFF") or place < 0:
        return False
    promised = int.from_bytes(data[place + 4 : place + 8], "little")
    return promised != ENDLESS and promised > len(data) - place - 8


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
) -> tuple[dict[str, Sounds], tuple[str, ...]]:
    """Returns the sounds of a folder of class folders by their split, {"": sounds} where there are no splits, else
    train, test, perhaps validation; and what was noticed. A sound that is empty or not finite is left out, and a
    silent one of a class that has others.

    Raises DltuiError (4) where there are no class folders, one holds no sound, or sounds are broken: it names them.
    """
    folder = folder.expanduser()
    if not folder.is_dir():
        raise _wrong(f"{folder}: expected a folder, found {'a file' if folder.exists() else 'nothing'} there.")
    try:
        found = filed(folder, SOUNDS)
    except OSError as error:
        raise _wrong(f"{error.filename}: {error.strerror}.") from None
    heard = _all_heard([file for part in found.splits.values() for file in part.files], folder, (rate, samples), report)
    labels = [label for part in found.splits.values() for label in part.labels]
    audible = {label for label, one in zip(labels, heard.values(), strict=True) if one.fault in ("", "cut short")}
    used = {
        file: one.fault in ("", "cut short") or (one.fault == "silent" and label not in audible)
        for (file, one), label in zip(heard.items(), labels, strict=True)
    }
    lost = sorted(set(labels) - {label for label, kept in zip(labels, used.values(), strict=True) if kept})
    if lost:
        raise _wrong(f"{folder}: every sound of {', '.join(lost[:5])} is empty or not finite.")
    splits = {split: _used(part, heard, used, samples) for split, part in found.splits.items()}
    return splits, (*found.notes, *_faults(heard, used, folder))


def _used(part: Filed, heard: dict[Path, Heard], used: dict[Path, bool], samples: int) -> Sounds:
    kept = [(file, label) for file, label in zip(part.files, part.labels, strict=True) if used[file]]
    inputs = np.array([heard[file].sound for file, _ in kept], np.float32).reshape(len(kept), samples)
    return Sounds(inputs, [label for _, label in kept], [file.stem for file, _ in kept])


def _faults(heard: dict[Path, Heard], used: dict[Path, bool], folder: Path) -> tuple[str, ...]:
    """What is wrong with which sounds, and what became of them."""
    faulty: dict[tuple[str, bool], list[Path]] = {}
    for file, one in heard.items():
        if one.fault:
            faulty.setdefault((one.fault, used[file]), []).append(file)
    return tuple(
        f"{len(files):,} {'sound is' if len(files) == 1 else 'sounds are'} {fault} and "
        f"{'used all the same' if kept else 'left out'} ({walk.named(files, folder)})"
        for (fault, kept), files in faulty.items()
    )


def _all_heard(
    files: list[Path], folder: Path, form: tuple[int, int], report: Callable[[str], None]
) -> dict[Path, Heard]:
    """Every sound; form: its rate and samples. Raises DltuiError that names the broken ones."""
    heard: dict[Path, Heard] = {}
    broken: list[tuple[Path, DltuiError]] = []
    for row, path in enumerate(files):
        if row % TELL_EVERY == 0:
            report(f"reading sounds {row:,}/{len(files):,}")
        try:
            heard[path] = read_sound(path, *form)
        except DltuiError as error:
            broken.append((path, error))
            if len(broken) == MOST_BROKEN:
                break
    if broken:
        (_, first), *others = broken
        beside = f" Neither can {walk.named([path for path, _ in others], folder)}." if others else ""
        raise _wrong(f"{first.message}{beside}")
    return heard


def _wrong(message: str) -> DltuiError:
    return DltuiError(message, HINT, ExitStatus.DATA)
