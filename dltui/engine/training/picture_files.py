"""Pictures on their way to the log: pixels become PNG files, large arrays .npy files, small ones stay in the event.

Sounds become wav files, each once, however many pictures show it.
"""

import copy
import hashlib
import io
from collections import deque
from pathlib import Path

import numpy as np
from PIL import Image

from dltui import paths
from dltui.atomic_write import replacing
from dltui.engine.contracts.task import Picture, Sound
from dltui.runs.events import EventLog

INLINE = 512  # numbers that may stand in the event itself
MOST_WAITING = 64  # pictures that are kept in memory while the disk is full
DIGITS = 5  # significant digits of an inline number


class Frames:
    """Writes pictures into a run's frames/ folder and their events into its log.

    Those that a full disk refuses wait, the newest MOST_WAITING of them, and are written in their order.
    """

    def __init__(self, log: EventLog, folder: Path):
        self.log, self.folder = log, folder
        self.waiting: deque[tuple[str, int, Picture]] = deque(maxlen=MOST_WAITING)

    def write(self, series: str, step: int, picture: Picture) -> None:
        """Writes a picture after those that wait. Raises OSError where the disk is full: then it waits too."""
        try:
            self.write_waiting()
            self._write(series, step, picture)
        except OSError:
            # a copy: its arrays may share the memory of weights that go on changing
            self.waiting.append((series, step, copy.deepcopy(picture)))
            raise

    def write_waiting(self) -> None:
        """Writes the pictures that wait. Raises OSError where there is no room for all of them yet."""
        while self.waiting:
            self._write(*self.waiting[0])
            self.waiting.popleft()

    def _write(self, series: str, step: int, picture: Picture) -> None:
        """Files first, then the event that points to them: a reader never finds a name without its file."""
        stem = f"{self.log.seq:08d}"
        payload = payload_to_files(picture.payload, self.folder, stem)
        self.log.write("frame", series=series, step=step, pane=picture.pane, payload=payload)


def payload_to_files(payload: dict, folder: Path, stem: str) -> dict:
    """Returns the payload as an event holds it, its large parts written to `folder`/`stem`*.

    Raises OSError where the disk is full; nothing half-written keeps its final name.
    """
    stored: dict = {}
    for key, value in payload.items():
        if key == "pixels":
            stored["file"] = f"{stem}.png"
            _write(folder / stored["file"], lambda file, pixels=value: Image.fromarray(pixels).save(file, "PNG"))
        elif key == "sound":
            stored[key] = _sound_to_file(value, folder)
        else:
            stored[key] = _stored(value, folder, f"{stem}-{key}")
    return stored


def _stored(value: object, folder: Path, stem: str) -> object:
    if isinstance(value, np.ndarray):
        if value.size <= INLINE:
            return _inline(value)
        name = f"{stem}.npy"
        array = value.astype(np.float16) if value.dtype in (np.float32, np.float64) else value
        _write(folder / name, lambda file: np.save(file, array, allow_pickle=False))
        return {"file": name}
    if isinstance(value, dict):
        return {key: _stored(item, folder, f"{stem}-{key}") for key, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_stored(item, folder, f"{stem}-{index}") for index, item in enumerate(value)]
    return value


def _sound_to_file(sound: Sound, folder: Path) -> str:
    """Returns the name of the wav file, 16 bits, that holds the sound."""
    import soundfile  # 70 ms, only for runs with sounds

    samples = (np.clip(sound.samples, -1, 1) * 32767).round().astype(np.int16)
    name = f"sound-{hashlib.sha256(samples.tobytes()).hexdigest()[:8]}.wav"
    if not (folder / name).exists():
        wav = io.BytesIO()  # written straight to a full disk it raises no OSError
        soundfile.write(wav, samples, sound.rate, format="WAV")
        _write(folder / name, lambda file: file.write(wav.getvalue()))
    return name


def _inline(array: np.ndarray) -> list:
    if array.dtype.kind != "f":
        return array.tolist()
    flat = [float(f"{number:.{DIGITS}g}") for number in array.ravel().tolist()]
    return np.array(flat).reshape(array.shape).tolist()


def _write(path: Path, save) -> None:
    with replacing(path, opener=paths.private) as file:
        save(file)
