"""Rows of a run: put on its device once, or kept on the host where they are too many; shared by all variants, asked for
by what a task needs of them."""

import copy
from collections.abc import Iterator
from functools import cached_property

import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset, Split, as_floats
from dltui.engine.contracts.host_inputs import HostInputs
from dltui.engine.contracts.identity import identity_of
from dltui.engine.contracts.placement import ON_DEVICE, Placement
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import schema

# what data kinds say in GIVES, and how it is called in an error
WORDS = {
    "pictures": "pictures",
    "numbers": "rows of numbers",
    "plane": "points of a plane (rows of two numbers)",
    "classes": "classes",
    "labels": "any number of classes a row",
    "values": "values to be predicted",
    "masks": "masks, a class a pixel",
    "target_pictures": "a picture that each is to become",
    "domains": "two domains: rows with classes, and others of the same classes, which are not told",
    "boxes": "boxes",
    "instances": "a mask for each object",
    "keypoints": "key points, and how wide what they lie on is",
    "sounds": "sounds",
    "series": "series",
    "text": "texts",
    "tags": "texts with a tag a word",
    "sequences": "a sequence to be written for each row",
}


AS_FLOATS = 1 << 26  # numbers of a split that are kept as floats on a CPU, where making them anew costs each step 5 %


class RowSplit:
    """One split of the rows, on the device: many pictures stay uint8 until a batch needs them.

    on_host: the inputs stay where they are, and what is asked for of them goes to the device.
    """

    def __init__(self, split: Split, device: torch.device, *, on_host: bool = False):
        self.device, self.on_host = device, on_host
        self.stored = split.inputs if on_host else split.inputs.to(device)  # (N, ...) as the data kind gives them
        self.targets = split.targets.to(device)  # (N, ...)

    def __len__(self) -> int:
        return len(self.stored)

    def batch(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> inputs (B, ...) float32, pixels in 0..1."""
        if self.on_host:
            return self.inputs.batch(rows)
        if self.stored.device.type == "cpu" and self.stored.numel() <= AS_FLOATS:
            return self.inputs[rows]
        return as_floats(self.stored[rows])

    @cached_property
    def inputs(self) -> Tensor | HostInputs:
        """All inputs (N, ...) float32, pixels in 0..1; kept, so for rows that are looked at again and again. Of rows on
        the host some of them at a time."""
        return HostInputs(self.stored, self.device) if self.on_host else as_floats(self.stored)

    def parts(self, size: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Yields inputs (B, ...) and their targets (B, ...), at most `size` rows, one part after the other."""
        start = 0
        for inputs in self.inputs.split(size):
            yield inputs, self.targets[start : start + len(inputs)]
            start += len(inputs)

    def table(self) -> tuple[Tensor, Tensor]:
        """Returns the rows as a table (N, D) float32 on the host, pixels in 0..1, and their targets (N, ...)."""
        return as_floats(self.stored).flatten(1).cpu(), self.targets.cpu()


class Rows:
    """Training and test rows of a data set on the run's device.

    `pictures()`, `labelled()` and their like return the rows themselves, or raise one error that says what the data
    are, what is needed, and which data kinds have it.
    """

    def __init__(self, data: Dataset, device: torch.device, kind: str = "", placement: Placement = ON_DEVICE):
        """kind: of `[data]`, for errors; placement: which inputs stay on the host."""
        self.data, self.device, self.kind, self.placement = data, device, kind, placement
        self.train = RowSplit(data.train, device, on_host=placement.train)
        self.test = RowSplit(data.test, device, on_host=placement.others)
        self.classes, self.facts, self.columns = data.classes, data.facts, data.columns
        self.vocabularies, self.source = data.vocabularies, data.source
        own = data.validation
        self.validation = RowSplit(own, device, on_host=placement.others) if own else None
        self.other_domain = RowSplit(data.other_domain, device) if data.other_domain else None

    @cached_property
    def identity(self) -> dict[str, object]:
        """By what a checkpoint knows these rows again."""
        return identity_of(self.data)

    def with_validation(self, share: float) -> "Rows":
        """These rows, but the first `share` of the training rows are `validation`: choices are made by them, and they
        are not trained on. Rows that have a validation split of their own keep it, and train on all the others."""
        if self.validation is not None:
            return self
        held = min(len(self.train) - 1, max(1, round(share * len(self.train))))

        def parted(train: Split) -> tuple[Split, Split]:
            return Split(*(part[held:] for part in train)), Split(*(part[:held] for part in train))

        rows = copy.copy(self)
        train, validation = parted(self.data.train)
        rows.data = self.data._replace(train=train, validation=validation)
        here = parted(Split(self.train.stored, self.train.targets))  # views: the rows stay where they are
        rows.train, rows.validation = (RowSplit(one, self.device, on_host=self.train.on_host) for one in here)
        return rows

    def validated(self) -> "Rows":
        """Rows with validation rows."""
        if self.validation is None:
            raise DltuiError(
                "The recipe needs validation rows, and none are held out.",
                "Set train.validation=0.2 to hold out a fifth of the training rows.",
                ExitStatus.USAGE,
            )
        return self

    @cached_property
    def draws(self) -> list["Rows"]:
        """These rows, and those of every other table that was drawn with them."""
        return [self, *(Rows(data, self.device, self.kind) for data in self.data.draws)]

    def one_table(self, by: str) -> "Rows":
        """These rows. Raises DltuiError (2) where other tables were drawn with them.

        by: what works on one table, as a recipe names it.
        """
        if self.data.draws:
            raise DltuiError(
                f"{by} works on one table; data.tables = {len(self.draws)} draws several.",
                "Set data.tables=1, or run an algorithm that takes steps, such as sfs.",
                ExitStatus.USAGE,
            )
        return self

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

    @property
    def multi_label(self) -> bool:
        """Whether a row has any number of the classes: targets (N, classes) int64 of 0 and 1."""
        targets = self.data.train.targets
        return targets.shape[1:] == (len(self.classes),) and targets.min() >= 0 and targets.max() <= 1

    def multi_labelled(self) -> "Rows":
        """Rows with any number of classes each, targets (N, classes) int64 of 0 and 1."""
        return self._with("labels", self.multi_label)

    def values(self) -> "Rows":
        """Rows with a value each, targets (N,) or (N, D) float32."""
        return self._with("values", self.train.targets.is_floating_point())

    def masks(self) -> "Rows":
        """Pictures with a class for each pixel, targets (N, H, W) of whole numbers."""
        targets = self.train.targets
        return self.pictures()._with("masks", targets.dim() == 3 and not targets.is_floating_point())

    def target_pictures(self) -> "Rows":
        """Pictures with a picture that each is to become, targets (N, channels, H, W) uint8 of the same H and W."""
        given, targets = self.train.stored, self.train.targets
        return self.pictures()._with("target_pictures", targets.dim() == 4 and targets.shape[2:] == given.shape[2:])

    def boxes(self) -> "Rows":
        """Pictures with objects, targets (N, M, 5) float32: x1, y1, x2, y2 in pixels and the class, -1 for none."""
        targets = self.train.targets
        return self.pictures()._with("boxes", targets.shape[2:] == (5,) and targets.is_floating_point())

    @property
    def has_instances(self) -> bool:
        """Whether each pixel has its object and the class of it, `facts["objects"]` of them at most."""
        return "objects" in self.facts

    def instances(self) -> "Rows":
        """Pictures with an object for each pixel, targets (N, H, W) uint8 as layers.instances packs them."""
        return self.pictures()._with("instances", self.has_instances)

    def keypoints(self) -> "Rows":
        """Pictures with x and y of a point for each of the K classes, and a width, in pixels: targets (N, 2 K + 1)."""
        have = self.train.targets.shape[1:] == (2 * len(self.classes) + 1,)
        return self.pictures()._with("keypoints", have and self.train.targets.is_floating_point())

    def sounds(self) -> "Rows":
        """Rows of samples (N, T), `facts["rate"]` of them a second."""
        return self._with("sounds", "rate" in self.facts)

    def series(self) -> "Rows":
        """Histories (N, T) float32, and what came after them, targets (N, `facts["horizon"]`)."""
        return self._with("series", "horizon" in self.facts)

    def text(self) -> "Rows":
        """Rows of symbols (N, T) int64, the numbers of the first of `vocabularies`."""
        symbols = self.train.stored.dim() == 2 and not self.train.stored.is_floating_point()
        return self._with("text", bool(self.vocabularies) and symbols)

    def running_text(self) -> "Rows":
        """Rows of one long text: their targets are the same symbols, one further on."""
        rows, train = self.text(), self.data.train
        if train.targets.shape != train.inputs.shape or not torch.equal(train.inputs[:, 1:], train.targets[:, :-1]):
            raise DltuiError(
                "Here the next symbol is predicted; the targets of these data are others.",
                "Take: data.kind=text.",
                ExitStatus.USAGE,
            )
        return rows

    def tags(self) -> "Rows":
        """Texts with a class for each symbol, targets (N, T) int64, -1 where there is none."""
        each = self.train.targets.shape == self.train.stored.shape
        return self.text()._with("tags", each and len(self.classes) > 1)

    def sequences(self) -> "Rows":
        """Rows of anything with a sequence each, targets (N, T) int64, the numbers of the last of `vocabularies`."""
        return self._with("sequences", "target_words" in self.facts)

    def domains(self) -> "Rows":
        """Rows of a source domain with a class each, `validation` of the same domain, and `other_domain`: training rows
        of a target domain. The test rows are of the target."""
        return self.labelled()._with("domains", self.other_domain is not None and self.validation is not None)

    def points(self) -> tuple[Tensor, Tensor]:
        """All rows, training and test alike, as points (N, D) float64 on the host, and their targets (N,)."""
        inputs = torch.cat([as_floats(self.data.train.inputs), as_floats(self.data.test.inputs)]).flatten(1)
        return inputs.double(), torch.cat([self.data.train.targets, self.data.test.targets])

    def column_names(self) -> tuple[str, ...]:
        """Names of the columns of the rows as a table; their numbers from 1 where they have none."""
        return self.columns or tuple(str(number + 1) for number in range(self.train.stored[0].numel()))

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
