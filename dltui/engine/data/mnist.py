"""Handwritten digits, 28x28 (LeCun, Cortes, Burges, "The MNIST database"); built in: digits by a generated hand."""

from collections.abc import Callable
from pathlib import Path

import torch

from dltui.engine import hub, own, strokes, table, tensor_file
from dltui.engine.dataset import Dataset, Split, facts_of, limited
from dltui.engine.tensor_file import Stored

SOURCES = ("hub", "builtin", "path")

HUB = hub.Source("ylecun/mnist", "mnist", {"train": "mnist/train-*.parquet", "test": "mnist/test-*.parquet"})
CLASSES = tuple("0123456789")
PICTURES = table.Pictures(channels=1, size=strokes.SIZE)
TRAIN_ROWS, TEST_ROWS = 12_000, 2_000  # built in


def build(*, train_rows: int = 0, test_rows: int = 0) -> "Mnist":
    """Handwritten digits.

    train_rows: rows to train on, at least 0; 0 takes all.
    test_rows: rows to test on, at least 0; 0 takes all.
    """
    return Mnist(train_rows, test_rows)


class Mnist:
    """Grey pictures of digits, (N, 1, 28, 28) uint8; of the user's own, whatever classes they have."""

    def __init__(self, train_rows: int, test_rows: int):
        self.rows = train_rows, test_rows

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """The hub's copy: mapped from the cache, fetched and decoded the first time. Raises DltuiError (4)."""
        path = tensor_file.of_hub("mnist")
        stored, notes, how = tensor_file.read_tensors(path), (), "from the cache"
        if stored is None or stored.values.get("repo") != HUB.repo:
            stored, how = _fetched(report), "fetched from the hub"
            try:
                tensor_file.write_tensors(path, *stored)
            except OSError as error:
                notes = (f"{path} could not be kept ({error.strerror}): the next run fetches again",)
        tensors, classes = stored.tensors, tuple(stored.values["classes"])
        train, test = (Split(tensors[f"{s}.inputs"], tensors[f"{s}.targets"]) for s in HUB.files)
        data = Dataset(train, test, classes, "hub", f"{HUB.repo}, {how}", facts_of(train.inputs, classes), notes)
        return limited(data, *self.rows)

    def builtin(self) -> Dataset:
        """Generated digits, the same every time."""
        sizes = (TRAIN_ROWS, TEST_ROWS)
        train, test = (Split(*map(torch.from_numpy, strokes.digits(rows, seed))) for seed, rows in enumerate(sizes))
        data = Dataset(train, test, CLASSES, "builtin", "generated digits", facts_of(train.inputs, CLASSES))
        return limited(data, *self.rows)

    def path(self, path: Path, report: Callable[[str], None]) -> Dataset:
        """The user's own pictures, made grey and 28x28. Raises DltuiError (4)."""
        return limited(own.read(path, PICTURES, report), *self.rows)


def _fetched(report: Callable[[str], None]) -> Stored:
    """The hub's rows, decoded: inputs (N, 1, 28, 28) uint8 and targets (N,) int64 of each split."""
    splits, commit = hub.tables(HUB, report)
    tensors = {}
    for split, rows in splits.items():
        if not {"image", "label"} <= set(rows.column_names):
            raise hub.fault(HUB.repo, f"expected columns image and label, found {', '.join(rows.column_names)}")
        report(f"decoding {rows.num_rows:,} pictures of {HUB.repo}")
        tensors[f"{split}.inputs"] = torch.from_numpy(table.decoded(rows["image"], PICTURES, f"{HUB.repo} {split}"))
        targets = tensors[f"{split}.targets"] = torch.from_numpy(rows["label"].to_numpy().astype("int64"))
        classes = table.class_names(rows, "label") or CLASSES
        if targets.min() < 0 or targets.max() >= len(classes):
            raise hub.fault(HUB.repo, f"expected labels 0 to {len(classes) - 1}, found others in {split}")
    return Stored(tensors, {"repo": HUB.repo, "commit": commit, "classes": classes})
