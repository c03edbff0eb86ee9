"""What was exported of a run, and where: the next export writes over that, and over nothing else."""

import json
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from dltui import paths, regular_file
from dltui.atomic_write import replacing
from dltui.runs.run import Run

LARGEST = 16 << 20  # bytes of it
FILE = "exports.json"  # in the run's folder: {path: [bytes, time of its last change in ns]}
Stamp = list[int]


class Place:
    """A file or folder that an export is to write, as it stands before. `ours`: the files there that an export of this
    run wrote, and nobody has changed since."""

    def __init__(self, run: Run, path: Path):
        self.run, self.path = run, path
        self.known = _known(run)
        self.there = {file.resolve(): _stamp(file) for file in _files(path)}
        self.ours = {file for file, stamp in self.there.items() if self.known.get(str(file)) == stamp}

    @property
    def foreign(self) -> Path | None:
        """A file there that is none of ours, None where there is none. A folder in a folder is nobody's: an export only
        adds to it."""
        others = self.there.keys() - self.ours
        top = self.path.resolve()
        return next((file for file in sorted(others) if file == top or file.parent == top), None)

    def written(self, places: Iterable[Path]) -> None:
        """Notes what the export wrote: files, and folders to which it added some. In these the files of ours from
        before are deleted, or a folder of logs would be read twice.

        Where the run's folder cannot be written nothing is remembered: the next export asks for --force.
        """
        for place in places:
            for file in map(Path.resolve, _files(place)):
                unchanged = self.there.get(file) == _stamp(file)
                if place.is_dir() and unchanged and file in self.ours:
                    file.unlink()
                elif not (place.is_dir() and unchanged):
                    self.known[str(file)] = _stamp(file)
        left = {file: stamp for file, stamp in self.known.items() if Path(file).exists()}
        with suppress(OSError), replacing(self.run.path / FILE, "w", encoding="utf-8", opener=paths.private) as record:
            json.dump(left, record)


def _known(run: Run) -> dict[str, Stamp]:
    try:
        known = json.loads(regular_file.read(run.path / FILE, LARGEST))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _files(place: Path) -> list[Path]:
    """The file that a place is, or the files in it and in its folders: a variant has one of its own."""
    if place.is_dir():
        return [path for pattern in ("*", "*/*") for path in place.glob(pattern) if path.is_file()]
    return [place] if place.exists() else []


def _stamp(path: Path) -> Stamp:
    found = path.stat()
    return [found.st_size, found.st_mtime_ns]
