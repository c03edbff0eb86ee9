"""Labelled pictures of the hub: decoded once to one tensor file in the cache, mapped from there after that."""

from collections.abc import Callable
from typing import NamedTuple

import pyarrow as pa
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.reading import hub, picture_column
from dltui.engine.reading.hub import Source
from dltui.engine.reading.hub_copy import copy_of
from dltui.engine.reading.pixels import Pictures
from dltui.engine.reading.tensor_file import Stored


class Labelled(NamedTuple):
    """Where a data kind's pictures and classes lie in its Parquet files, and as what they are wanted."""

    source: Source  # its files are named train and test
    pictures: Pictures
    classes: tuple[str, ...]  # where the files do not name them
    image: str = "image"
    label: str = "label"


def read(kind: str, wanted: Labelled, report: Callable[[str], None]) -> Dataset:
    """Returns the hub's copy of the data kind `kind`: inputs (N, C, size, size) uint8, targets (N,) int64.

    Raises DltuiError (4). What cannot be kept, on a full disk, is used all the same, and a note says so.
    """
    repo = wanted.source.repo
    stored, how, notes = copy_of(kind, {"repo": repo}, lambda: _fetched(wanted, report))
    tensors, classes = stored.tensors, tuple(stored.values["classes"])
    train, test = (Split(tensors[f"{split}.inputs"], tensors[f"{split}.targets"]) for split in ("train", "test"))
    return Dataset(train, test, classes, "hub", f"{repo}, {how}", facts_of(train.inputs, classes), notes)


def _fetched(wanted: Labelled, report: Callable[[str], None]) -> Stored:
    """The hub's rows, decoded: inputs and targets of each split."""
    source, image, label = wanted.source, wanted.image, wanted.label
    tensors = {}
    with hub.tables(source, report) as (splits, commit):
        for split, rows in splits.items():
            hub.checked(source.repo, rows, image, "pictures", picture_column.holds_pictures)
            hub.checked(source.repo, rows, label, "whole numbers", pa.types.is_integer)
            report(f"decoding {rows.num_rows:,} pictures of {source.repo}")
            where = f"{source.repo} {split}"
            tensors[f"{split}.inputs"] = torch.from_numpy(picture_column.decoded(rows[image], wanted.pictures, where))
            targets = tensors[f"{split}.targets"] = torch.from_numpy(rows[label].to_numpy().astype("int64"))
            classes = picture_column.class_names(rows, label) or wanted.classes
            if targets.min() < 0 or targets.max() >= len(classes):
                raise hub.fault(source.repo, f"expected labels 0 to {len(classes) - 1}, found others in {split}")
    return Stored(tensors, {"repo": source.repo, "commit": commit, "classes": classes})
