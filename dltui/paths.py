"""Every location on disk that dltui reads or writes.

`DLTUI_HOME` holds what must be kept (runs, settings), `DLTUI_CACHE` what can be made again (decoded data,
judging nets). Both default to the platform's own folders.

The home is for its owner's eyes only: folders 0700, files 0600. The cache is as the user's umask says: a class may
share one.
"""

import os
import stat
from functools import lru_cache
from pathlib import Path

SETTINGS = ("settings.json", "settings.json.broken", "keys.toml", "notify.toml")
KEPT = frozenset(("runs", "queue", "sweeps", "exercises", *SETTINGS))  # in a home
OTHERS = stat.S_IRWXG | stat.S_IRWXO

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
    """What must be kept: `DLTUI_HOME`, else the platform's data folder. One of ours that others may enter is closed to
    them."""
    folder = _platform_folder("DLTUI_HOME", "data")
    _close_to_others(folder)
    return folder


@lru_cache
def _close_to_others(folder: Path) -> None:
    """Once a process: what is in a closed folder nobody else reaches, whatever it allows by itself. Of a folder that
    holds other things too (/tmp, the user's own) only what is dltui's is closed."""
    try:
        if not _is_open(folder):
            return
        names = set(os.listdir(folder))
        alone = names <= KEPT | {"cache"} and not folder.stat().st_mode & stat.S_ISVTX
        for path in [folder] if alone else [folder / name for name in names & KEPT]:
            if _is_open(path) and path.stat().st_uid == os.geteuid():
                path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)
    except OSError:
        pass  # it is not there yet, or its disk takes no such thing: `exposure` tells


def _is_open(path: Path) -> bool:
    return bool(path.stat().st_mode & OTHERS)


def exposure() -> str:
    """Why others of this machine can read what is in the home; '' where they cannot."""
    folder = home()
    try:
        for path in (folder, runs()):
            if not _is_open(path):
                return ""
        found = runs().stat()
    except OSError:
        return ""
    whose = "" if found.st_uid == os.geteuid() else " It is not yours, so its owner has to close it."
    return f"{runs()}: other users of this machine can enter it (mode {stat.S_IMODE(found.st_mode):04o}).{whose}"


def make(folder: Path) -> None:
    """Makes a folder of the home, with those between, for its owner's eyes only. Raises OSError where it cannot."""
    top = home()
    top.parent.mkdir(parents=True, exist_ok=True)
    between = [part for part in folder.parents if part.is_relative_to(top)]
    for part in (*reversed(between), folder):
        part.mkdir(0o700, exist_ok=True)


def private(path: str, flags: int) -> int:
    """An opener for `open`: a file that it makes is for its owner's eyes only."""
    return os.open(path, flags, 0o600)


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
