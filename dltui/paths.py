"""Every location on disk that dltui reads or writes.

`DLTUI_HOME` holds what must be kept (runs, settings), `DLTUI_CACHE` what can be made again (decoded data,
judging nets). Both default to the platform's own folders.
"""

import os
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ENGINE = PACKAGE / "engine"


def recipes() -> Path:
    """The folder of topic folders: the wheel's copy, else the repository's."""
    packed = PACKAGE / "_recipes"
    return packed if packed.is_dir() else PACKAGE.parent / "recipes"


def _platform_folder(variable: str, kind: str) -> Path:
    given = os.environ.get(variable)
    if given:
        return Path(given).expanduser().absolute()
    import platformdirs  # 20 ms, not needed where the variable is set

    return Path(getattr(platformdirs, f"user_{kind}_dir")("dltui", appauthor=False))


def home() -> Path:
    """What must be kept: `DLTUI_HOME`, else the platform's data folder."""
    return _platform_folder("DLTUI_HOME", "data")


def cache() -> Path:
    """What can be made again: `DLTUI_CACHE`, else `DLTUI_HOME`/cache, else the platform's cache folder."""
    if os.environ.get("DLTUI_HOME") and not os.environ.get("DLTUI_CACHE"):
        return home() / "cache"
    return _platform_folder("DLTUI_CACHE", "cache")


def runs() -> Path:
    """One folder a run."""
    return home() / "runs"


def datasets() -> Path:
    """One folder a data set, holding its decoded tensor file."""
    return cache() / "data"
