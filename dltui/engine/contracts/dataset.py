"""What a data kind gives to a run: training and test rows, class names, and where they came from."""

from typing import NamedTuple

import torch
from torch import Tensor

from dltui.errors import DltuiError, ExitStatus


class Split(NamedTuple):
    """Rows and what belongs to them: inputs (N, ...), targets (N,) int64 classes or float32 values, or (N, ...) masks,
    boxes or symbols."""

    inputs: Tensor
    targets: Tensor


class Scale(NamedTuple):
    """Of a table's columns before they were standardised: (D,) float64 each."""

    mean: Tensor
    deviation: Tensor


class Dataset(NamedTuple):
    """A data set on the host. Pictures are uint8 (N, C, H, W); tables and points float32 (N, D), standardised."""

    train: Split
    test: Split
    classes: tuple[str, ...]  # () for regression
    source: str  # hub, builtin, path, or hf for a data set of the hub that the user named
    detail: str  # what was chosen and why, as a person reads it
    facts: dict[str, int]  # what a model may ask for: channels, size, classes, inputs
    notes: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()  # names of a table's columns, where they are known
    vocabularies: tuple[tuple[str, ...], ...] = ()  # what the numbers of sequences stand for, one a side
    validation: Split | None = None  # of the user's own; where there is none [train] validation takes training rows
    base: Split | None = None  # rows of other classes, that a net may be pretrained on
    # training rows of a second domain, that of the test; their classes are not for training: they are not known there
    other_domain: Split | None = None
    commit: str = ""  # of the hub's copy, where it is known
    draws: tuple["Dataset", ...] = ()  # more tables from the same generator: an algorithm runs on all of them
    scale: Scale | None = None  # of a table that was standardised, for rows in its own units


def as_floats(inputs: Tensor) -> Tensor:
    """Returns inputs (N, ...) as float32: pixels in 0..1, other rows as they are."""
    return inputs.float().div_(255) if inputs.dtype == torch.uint8 else inputs


def facts_of(inputs: Tensor, classes: tuple[str, ...]) -> dict[str, int]:
    """Returns what a model may ask for of rows (N, C, size, size) or (N, D)."""
    shape = {"channels": inputs.shape[1], "size": inputs.shape[2]} if inputs.dim() == 4 else {}
    return {**shape, "inputs": inputs[0].numel(), "classes": len(classes)}


def scale_of(train: Split) -> Scale:
    """Returns mean and deviation of each column of a table (N, D); 1 for the deviation of a constant one."""
    mean, deviation = train.inputs.double().mean(0), train.inputs.double().std(0, correction=0)
    return Scale(mean, deviation.where(deviation > 0, 1.0))  # a constant column becomes 0


def standardised(train: Split, *others: Split) -> tuple[Split, ...]:
    """Returns the splits of a table (N, D) with the training rows' mean 0 and deviation 1 in each column."""
    mean, deviation = scale_of(train)

    def scaled(split: Split) -> Split:
        return split._replace(inputs=((split.inputs - mean) / deviation).float())

    return scaled(train), *map(scaled, others)


def with_new_classes(data: Dataset, new: int, shots: int) -> Dataset:
    """Returns the rows of the last `new` classes alone, `shots` training rows of each (0: all); the training rows of
    the other classes are `base`. Raises DltuiError (4) where fewer than two classes are left for it."""
    old = len(data.classes) - new
    if old < 2:
        raise DltuiError(
            f"There are to be {new} new classes and at least two others; these data have {len(data.classes)}.",
            "Make data.new_classes smaller, or take other data.",
            ExitStatus.DATA,
        )
    train, test = (_of_classes(split, old, len(data.classes)) for split in (data.train, data.test))
    if shots:
        order = torch.randperm(len(train.targets), generator=torch.Generator().manual_seed(0))
        few = torch.cat([order[train.targets[order] == number][:shots] for number in range(new)])
        train = Split(*(rows[few] for rows in train))
    classes, facts = data.classes[old:], {**data.facts, "classes": new}
    base = _of_classes(data.train, 0, old)
    validation = _of_classes(data.validation, old, len(data.classes)) if data.validation else None
    if validation is not None and not len(validation.targets):
        validation = None
    return data._replace(train=train, test=test, classes=classes, facts=facts, base=base, validation=validation)


def _of_classes(split: Split, first: int, end: int) -> Split:
    """The rows of the classes first..end - 1, their classes counted from 0."""
    rows = ((split.targets >= first) & (split.targets < end)).nonzero()[:, 0]
    return Split(split.inputs[rows], split.targets[rows] - first)


def limited(data: Dataset, train_rows: int, test_rows: int) -> Dataset:
    """Returns the first rows of both splits; 0 keeps all. A note tells where there are fewer than were asked for."""
    notes = list(data.notes)
    splits = []
    for name, split, wanted in (("training", data.train, train_rows), ("test", data.test, test_rows)):
        if wanted > len(split.targets):
            notes.append(f"{wanted:,} {name} rows were asked for; there are {len(split.targets):,}")
        splits.append(Split(*(rows[: wanted or None] for rows in split)))
    return data._replace(train=splits[0], test=splits[1], notes=tuple(notes))
