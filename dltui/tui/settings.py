"""What the app remembers from one visit to the next: a JSON object in DLTUI_HOME/settings.json."""

import os
from pathlib import Path
from typing import TypeVar

from dltui import paths
from dltui.atomic_write import replacing

Value = TypeVar("Value")


class Settings:
    """Names with dots -> JSON values. `problem` says in words what was wrong with the file, '' where nothing was."""

    def __init__(self, values: dict[str, object], path: Path, problem: str = ""):
        self.path, self.problem = path, problem
        self._values = values
        self._changed: dict[str, object] = {}

    def get(self, name: str, default: Value) -> Value:
        """Returns what is remembered under `name`; `default` where nothing is, or a value of another type."""
        value = self._values.get(name, default)
        if isinstance(default, float) and type(value) is int:
            return float(value)
        return value if type(value) is type(default) else default

    def set(self, name: str, value: object) -> None:
        """Remembers a JSON value; `save` writes it."""
        if self._values.get(name) != value:
            self._values[name] = self._changed[name] = value

    def save(self) -> None:
        """Writes what was changed over what the file holds by now: another dltui may have written to it.

        Raises OSError where the file cannot be written.
        """
        if not self._changed:
            return
        import json

        values = load(self.path)._values | self._changed
        paths.make(self.path.parent)
        with replacing(self.path, "w", encoding="utf-8", opener=paths.private) as file:
            file.write(json.dumps(values, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
        self._changed = {}


def load(path: Path | None = None) -> Settings:
    """Returns the settings; those of a broken file are empty, and the file is set aside as settings.json.broken."""
    path = path or paths.home() / "settings.json"
    try:
        data = path.read_bytes()
        import json  # not where nothing is remembered yet: 1 ms of the first screen

        values = json.loads(data)
        if not isinstance(values, dict):
            raise ValueError("it holds no JSON object")
    except FileNotFoundError:
        return Settings({}, path)
    except OSError as error:
        return Settings({}, path, f"{path}: cannot be read: {error.strerror}. The app starts without settings.")
    except (ValueError, RecursionError) as error:
        return Settings({}, path, f"{path}: broken ({error}). {_set_aside(path)} The app starts without settings.")
    return Settings(values, path)


def _set_aside(path: Path) -> str:
    broken = path.with_name(path.name + ".broken")
    try:
        os.replace(path, broken)
    except OSError as error:
        return f"It cannot be set aside: {error.strerror}."
    return f"It was set aside as {broken.name}."
