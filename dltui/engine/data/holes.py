"""Pictures with a hole, and without: patterns, or any pictures of your own.

A pixel of a hole is black in every channel; no other pixel is.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset, Split
from dltui.engine.generators.patterns import patterns
from dltui.engine.reading import target_pictures, walk
from dltui.engine.reading.labels import mixed
from dltui.engine.reading.picture import SUFFIXES
from dltui.engine.reading.picture_files import read_pictures
from dltui.errors import DltuiError, ExitStatus

SOURCES = ("builtin", "path")
GIVES = ("pictures", "target_pictures")


def build(
    *,
    train_rows: int = 1200,
    test_rows: int = 100,
    size: int = 28,
    channels: int = 1,
    hole: int = 10,
    seed: int = 0,
) -> "Holes":
    """Pictures with a square hole anywhere.

    train_rows: generated patterns to train on, at least 10.
    test_rows: generated patterns to test on, at least 2.
    size: height and width in pixels, at least 16; your own pictures are brought to it.
    channels: 1, grey; 3, in colour; at least 1, at most 3.
    hole: height and width of the hole in pixels, at least 1.
    seed: decides the patterns and the places of the holes, at least 0.
    """
    if channels == 2:
        raise DltuiError("data.channels is 2.", "Valid: 1, grey, and 3, in colour.", ExitStatus.USAGE)
    if hole > size - 2:
        message = f"data.hole {hole} leaves nothing of a picture of {size} pixels to go by."
        raise DltuiError(message, f"Take at most {size - 2}.", ExitStatus.USAGE)
    return Holes((train_rows, test_rows), (channels, size), hole, seed)


class Holes:
    """Pictures (N, channels, size, size) uint8 with a hole; targets of the same shape, the whole pictures."""

    def __init__(self, rows: tuple[int, int], shape: tuple[int, int], hole: int, seed: int):
        self.rows, self.hole, self.seed = rows, hole, seed
        self.channels, self.size = shape

    def builtin(self) -> Dataset:
        """Generated patterns: the same options give the same."""
        drawn = patterns(sum(self.rows), self.seed, size=self.size, channels=self.channels)
        return self._dataset(torch.from_numpy(drawn).split(self.rows), "builtin", "generated patterns")

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own pictures, all files below a folder; a fifth is for the test. Raises DltuiError (4)."""
        path = path.expanduser()
        try:
            found = walk.walk(path, SUFFIXES)
        except OSError as error:
            raise _wrong(f"{path}: {error.strerror}.") from None
        if len(found.files) < 5:
            raise _wrong(f"{path}: expected at least five pictures, found {len(found.files)}.")
        pictures, notes = read_pictures(found.files, self.channels, self.size, path, report)
        mixed_rows = torch.from_numpy(pictures[mixed(len(pictures))])
        held = len(pictures) // target_pictures.SHARE
        data = self._dataset((mixed_rows[held:], mixed_rows[:held]), "path", f"{path}: {len(pictures):,} pictures")
        return data._replace(notes=(*walk.passed_over_note(found.passed_over), *notes))

    def _dataset(self, whole: tuple[Tensor, ...], source: str, detail: str) -> Dataset:
        """Of the whole pictures to train on, and of those of the test."""
        random = np.random.Generator(np.random.PCG64(self.seed))
        train, test = (Split(cut_out(part.clamp(min=1), self.hole, random), part.clamp(min=1)) for part in whole)
        return target_pictures.dataset(train, test, source, detail)


def cut_out(pictures: Tensor, hole: int, random: np.random.Generator) -> Tensor:
    """Pictures (N, C, H, W) -> the same, each with a black square of `hole` pixels, a pixel from the edge at least."""
    N, _, H, W = pictures.shape
    top, left = (torch.from_numpy(random.integers(1, side - hole, N)) for side in (H, W))
    down, across = torch.arange(H), torch.arange(W)
    rows = (down >= top[:, None]) & (down < top[:, None] + hole)  # (N, H)
    columns = (across >= left[:, None]) & (across < left[:, None] + hole)  # (N, W)
    return pictures * ~(rows[:, :, None] & columns[:, None])[:, None]


def _wrong(message: str) -> DltuiError:
    return DltuiError(message, "Your own: a folder with pictures, also in folders of it.", ExitStatus.DATA)
