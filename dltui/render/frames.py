"""Frames of a run's log as pictures: their files are read, their renderer found; what is broken says so."""

from importlib import import_module
from pathlib import Path

import numpy as np

from dltui.render.cells import Line, message, shown
from dltui.render.terminal_capabilities import TerminalCapabilities
from dltui.runs.payloads import PAYLOADS

MOST_BYTES = 64 << 20  # of a file; a picture holds a few thousand cells, so that more is a mistake or malice
MOST_NUMBERS = 4 << 20  # of an array or a PNG


def picture(event: dict, frames_dir: Path, width: int, height: int, look: TerminalCapabilities) -> list[Line]:
    """Returns the picture of a `frame` event: `height` lines of `width` cells. Raises nothing."""
    try:
        payload = event["payload"]
        kind = payload["type"]
        if kind not in PAYLOADS:
            return message(f"this version of dltui cannot show {shown(kind)}", width, height, look)
        renderer = import_module(f"dltui.render.{kind}")
        with np.errstate(all="ignore"):  # numpy would print its warnings over the picture
            return renderer.render(resolve(payload, frames_dir), width, height, look)
    except Exception as error:  # a log may come from anywhere: no picture in it may end the view
        return message(f"this picture cannot be shown: {_reason(error)}", width, height, look)


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"frames/{shown(Path(str(error.filename)).name)} is missing"
    if isinstance(error, KeyError):
        return f"it has no {shown(error.args[0])}"
    return shown(error) or type(error).__name__


def resolve(payload: dict, frames_dir: Path) -> dict:
    """Returns the payload with its files read: {"file": NAME} becomes the array, a picture's file its `pixels`.

    Raises OSError where a file is missing, ValueError where it is outside `frames_dir`, too large or broken.
    """
    if payload.get("type") in ("image", "boxes") and "file" in payload:
        rest = {key: _resolved(value, frames_dir) for key, value in payload.items() if key != "file"}
        return rest | {"pixels": _pixels(_file(payload["file"], frames_dir))}
    return {key: _resolved(value, frames_dir) for key, value in payload.items()}


def _resolved(value: object, frames_dir: Path) -> object:
    if isinstance(value, dict):
        if value.keys() == {"file"}:
            return _array(_file(value["file"], frames_dir))
        return {key: _resolved(item, frames_dir) for key, item in value.items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_resolved(item, frames_dir) for item in value]
    return value


def _file(name: object, frames_dir: Path) -> Path:
    if not isinstance(name, str) or name != Path(name).name or "\0" in name:
        raise ValueError(f"{name!r} is not the name of a file in frames/")
    path = frames_dir / name
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise ValueError(f"{name!r} is not a plain file")
    if path.stat().st_size > MOST_BYTES:
        raise ValueError(f"{name!r} is larger than {MOST_BYTES >> 20} MiB")
    return path


def _array(path: Path) -> np.ndarray:
    array = np.load(path, mmap_mode="r", allow_pickle=False)  # mapped: its size is known before memory is taken
    if not isinstance(array, np.ndarray) or array.size > MOST_NUMBERS:
        raise ValueError(f"{path.name!r} is not an array of at most {MOST_NUMBERS} numbers")
    return np.array(array)


def _pixels(path: Path) -> np.ndarray:
    from PIL import Image  # 25 ms, only for runs with pictures

    with Image.open(path, formats=["PNG"]) as opened:
        if opened.width * opened.height > MOST_NUMBERS:
            raise ValueError(f"{path.name!r} has more than {MOST_NUMBERS} pixels")
        return np.asarray(opened if opened.mode in ("L", "RGB") else opened.convert("RGB"))
