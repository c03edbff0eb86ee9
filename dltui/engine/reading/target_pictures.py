"""Pictures and what they are to become, in two folders of the user's own: a target has the name of its picture."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.reading import masks
from dltui.engine.reading.picture import form_of
from dltui.engine.reading.picture_files import read_pictures

SHARE = 5  # of so many pictures the last one is held out for the test
GREY = ("1", "L", "I", "F")  # beginnings of Pillow's modes without colours
HINT = "Make it so: FOLDER/image/1.png, FOLDER/target/1.png ... A target has the name and the form of its picture."


class Wanted(NamedTuple):
    """How pictures are to be."""

    channels: int  # of a picture
    target_channels: int
    size: int  # height and width of a tile in pixels
    tiles: int  # across and down, that each picture is cut into


def read(path: Path, wanted: Wanted, report: Callable[[str], None]) -> Dataset:
    """Returns the pictures of a folder, the last fifth of them for the test. Raises DltuiError (4)."""
    path = path.expanduser()
    found = masks.pairs(path, HINT, masks.TARGETS)
    report(f"reading {path}")
    for pair in found.pairs:
        masks.check_form(*pair)
    coloured = [file for pair in found.pairs for file in pair if not form_of(file).mode.startswith(GREY)]
    side, notes = wanted.size * wanted.tiles, list(found.notes)
    if coloured and 1 in (wanted.channels, wanted.target_channels):
        notes.append(f"{len(coloured)} of {2 * len(found.pairs)} pictures are in colour, and read as grey")
    splits = []
    for files, channels in zip(zip(*found.pairs, strict=True), (wanted.channels, wanted.target_channels), strict=True):
        pictures, told = read_pictures(files, channels, side, path, report)
        notes += told
        held = max(1, len(files) // SHARE)
        splits.append([torch.from_numpy(cut(part, wanted.tiles)) for part in (pictures[:-held], pictures[-held:])])
    train, test = (Split(*part) for part in zip(*splits, strict=True))
    tiled = f", {wanted.tiles**2} tiles each" if wanted.tiles > 1 else ""
    data = dataset(train, test, "path", f"{path}: {len(found.pairs)} pictures with their targets{tiled}")
    return data._replace(notes=tuple(dict.fromkeys(notes)))


def dataset(train: Split, test: Split, source: str, detail: str) -> Dataset:
    """The data set of pictures (N, C, H, W) uint8 and their targets (N, T, H, W) uint8."""
    facts = {**facts_of(train.inputs, ()), "target_channels": train.targets.shape[1]}
    return Dataset(train, test, (), source, detail, facts)


def cut(pictures: np.ndarray, tiles: int) -> np.ndarray:
    """Pictures (N, C, H, W) -> (N tiles^2, C, H / tiles, W / tiles), those of a picture together, row by row."""
    N, C, H, W = pictures.shape
    parted = pictures.reshape(N, C, tiles, H // tiles, tiles, W // tiles)
    return np.ascontiguousarray(parted.transpose(0, 2, 4, 1, 3, 5)).reshape(-1, C, H // tiles, W // tiles)
