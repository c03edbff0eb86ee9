"""Folders in which other trainers leave their logs: Lightning's version_N, Hugging Face's checkpoint-N."""

import math
import re
from collections.abc import Mapping
from pathlib import Path

from dltui import regular_file

METRICS, HPARAMS, STATE = "metrics.csv", "hparams.yaml", "trainer_state.json"
VERSION, CHECKPOINT = re.compile(r"version_(\d+)"), re.compile(r"checkpoint-(\d+)")
LARGEST = 1 << 20  # bytes of hparams.yaml
LONGEST = 200  # characters of a value that is none of TOML's
DEEPEST = 6  # tables in one another


def logs_in(path: Path) -> list[Path]:
    """Returns the logs that a path stands for: each version of a folder of Lightning's, else the path itself."""
    versions = _numbered(path, VERSION)
    return versions or [path]


def file_of(folder: Path) -> Path | None:
    """Returns the log in a folder: metrics.csv, or Hugging Face's newest trainer_state.json, which holds those before;
    None where there is neither."""
    newest = _numbered(folder, CHECKPOINT)[-1:]
    there = (folder / METRICS, folder / STATE, *(checkpoint / STATE for checkpoint in newest))
    return next((file for file in there if file.is_file()), None)


def name_of(path: Path) -> str:
    """Returns what a version of Lightning's is called, by its folder and the one above; '' for any other log."""
    folder = path.parent if path.name == METRICS else path
    return f"{folder.parent.name} {folder.name}" if VERSION.fullmatch(folder.name) else ""


def _numbered(folder: Path, pattern: re.Pattern) -> list[Path]:
    """The folders below of such names, by their numbers."""
    try:
        found = [(pattern.fullmatch(one.name), one) for one in folder.iterdir() if one.is_dir()]
    except OSError:  # it is a file, or is not there: whoever reads it says so
        return []
    return [one for _, one in sorted((int(match.group(1)), one) for match, one in found if match)]


def settings_of(path: Path, notes: list[str]) -> dict[str, object]:
    """Returns what hparams.yaml beside a log says, as TOML can hold it; `notes` is told what was left out."""
    file = (path if path.is_dir() else path.parent) / HPARAMS
    if not file.is_file():
        return {}
    try:
        import yaml  # of huggingface_hub

        told = yaml.safe_load(regular_file.read(file, LARGEST))
    except (OSError, ImportError, RecursionError, ValueError) as error:
        notes.append(f"{HPARAMS} is left out: {_in_short(error)}")
        return {}
    except yaml.YAMLError as error:  # objects of Python's, mostly, which are not made unasked
        notes.append(f"{HPARAMS} is left out: {_in_short(error)}")
        return {}
    found = _as_toml(told) if isinstance(told, dict) else {}
    if found:
        notes.append(f"{HPARAMS}: {len(found)} settings, as hparams.{next(iter(found))}")
    return found


def _in_short(error: Exception) -> str:
    return " ".join(str(error).split())[:LONGEST]


def _as_toml(table: Mapping, depth: int = DEEPEST) -> dict[str, object]:
    """Values that TOML has as they are, others as texts; what is None is left out."""
    found: dict[str, object] = {}
    for key, value in table.items():
        name = re.sub(r"[.\s]+", "_", str(key))
        if isinstance(value, Mapping) and depth:
            if inner := _as_toml(value, depth - 1):
                found[name] = inner
        elif isinstance(value, list | tuple) and all(map(_is_plain, value)):
            found[name] = list(value)
        elif value is not None:
            found[name] = value if _is_plain(value) else str(value)[:LONGEST]
    return found


def _is_plain(value: object) -> bool:
    if isinstance(value, int) and not isinstance(value, bool):
        return -(1 << 63) <= value < 1 << 63
    return isinstance(value, bool | str) or (isinstance(value, float) and math.isfinite(value))
