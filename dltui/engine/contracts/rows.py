"""Rows of a run on its device: put there once, shared by all variants, asked for by what a task needs of them."""

from functools import cached_property

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset, Split, as_floats
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import schema

# what data kinds say in GIVES, and how it is called in an error
WORDS = {
    "pictures": "pictures",
    "numbers": "rows of numbers",
    "plane": "points of a plane (rows of two numbers)",
    "classes": "classes",
    "values": "values to be predicted",
    "masks": "masks, a class a pixel",
    "boxes": "boxes",
    "sounds": "sounds",
    "series": "series",
    "text": "texts",
}


class RowSplit:
    """One split of the rows, on the device: pictures stay uint8 until a batch needs them."""

    def __init__(self, split: Split, device: torch.device):
        self.stored = split.inputs.to(device)  # (N, ...) as the data kind gives them
        self.targets = split.targets.to(device)  # (N, ...)

    def __len__(self) -> int:
        return len(self.stored)

    def batch(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> inputs (B, ...) float32, pixels in 0..1."""
        return as_floats(self.stored[rows])

    @cached_property
    def inputs(self) -> Tensor:
        """All inputs (N, ...) float32, pixels in 0..1; kept, so for rows that are looked at again and again."""
        return as_floats(self.stored)


class Rows:
    """Training and test rows of a data set on the run's device.

    `pictures()`, `labelled()` and their like return the rows themselves, or raise one error that says what the data
    are, what is needed, and which data kinds have it.
    """

    def __init__(self, data: Dataset, device: torch.device, kind: str = ""):
        """kind: of `[data]`, for errors."""
        self.data, self.device, self.kind = data, device, kind
        self.train, self.test = RowSplit(data.train, device), RowSplit(data.test, device)
        self.classes, self.facts, self.columns = data.classes, data.facts, data.columns
        self.vocabularies, self.source = data.vocabularies, data.source

    def pictures(self, channels: int = 0) -> "Rows":
        """Rows of pictures (N, channels, H, W); 0: of any number of channels."""
        shape = self.train.stored.shape
        if self.train.stored.dim() != 4 or (channels and shape[1] != channels):
            raise self._lack("pictures", {1: " in grey", 3: " in colour"}.get(channels, ""))
        return self

    def numbers(self) -> "Rows":
        """Rows of numbers (N, D)."""
        return self._with("numbers", self.train.stored.dim() == 2 and self.train.stored.is_floating_point())

    def plane(self) -> "Rows":
        """Points (N, 2)."""
        return self._with("plane", self.train.stored.shape[1:] == (2,))

    def labelled(self, classes: int = 0) -> "Rows":
        """Rows with a class each, targets (N,) int64; 0: of at least two classes."""
        have = len(self.classes) if self.train.targets.dim() == 1 else 0
        if have < 2 or (classes and have != classes):
            raise self._lack("classes", f": {classes}" if classes else "")
        return self

    def values(self) -> "Rows":
        """Rows with a value each, targets (N,) or (N, D) float32."""
        return self._with("values", self.train.targets.is_floating_point())

    def masks(self) -> "Rows":
        """Pictures with a class for each pixel, targets (N, H, W) int64."""
        return self.pictures()._with("masks", self.train.targets.dim() == 3)

    def sounds(self) -> "Rows":
        """Rows of samples (N, T), `facts["rate"]` of them a second."""
        return self._with("sounds", "rate" in self.facts)

    def text(self) -> "Rows":
        """Rows of symbols (N, T) int64, the numbers of `vocabularies`."""
        return self._with("text", bool(self.vocabularies))

    def points(self) -> tuple[Tensor, Tensor]:
        """All rows, training and test alike, as points (N, D) float64 on the host, and their targets (N,)."""
        inputs = torch.cat([as_floats(self.data.train.inputs), as_floats(self.data.test.inputs)]).flatten(1)
        return inputs.double(), torch.cat([self.data.train.targets, self.data.test.targets])

    def _with(self, need: str, have: bool) -> "Rows":
        if not have:
            raise self._lack(need)
        return self

    def _lack(self, need: str, more: str = "") -> DltuiError:
        kinds = [kind for kind in schema.own_kinds("data") if need in _gives(kind)]
        named = f"data {self.kind}" if self.kind else "these data"
        return DltuiError(
            f"The recipe needs {WORDS[need]}{more}; {named} are {self._described()}.",
            f"Data that have them: {', '.join(kinds)}. See: dltui kinds data",
            ExitStatus.USAGE,
        )

    def _described(self) -> str:
        shape = tuple(self.train.stored.shape[1:])
        if len(shape) == 3:
            rows = f"pictures of {shape[1]} x {shape[2]} with {shape[0]} channel{'s' * (shape[0] > 1)}"
        else:
            rows = f"rows of {' x '.join(map(str, shape)) or '1'} numbers"
        return f"{rows} of {len(self.classes)} classes" if self.classes else f"{rows} without classes"


def _gives(kind: str) -> tuple[str, ...]:
    return tuple(schema.find("data", kind).constants.get("GIVES", ()))
