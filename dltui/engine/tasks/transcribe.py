"""Transcription: a row of frames, columns of a picture or moments of a sound, is read as a shorter row of symbols."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

from torch import Tensor

from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.layers.ctc import BLANK
from dltui.engine.losses import ctc
from dltui.engine.metrics.edit_distance import error_rate
from dltui.engine.pictures.lattice import lattice
from dltui.engine.pictures.montage import montage
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Table

PARTS = ("loss",)
PROBES = ()
LOSS_HAS = ("decode",)
METRICS = {
    "loss": Metric("training loss of a symbol", better="lower", progress=True, rows="train"),
    "test_loss": Metric("loss of a symbol of the test rows", better="lower", axis="loss", rows="test"),
    "character_error": Metric(
        "edits that make what is read of the test rows what it should be, as a share of their symbols",
        better="lower",
        range=(0, None),
        rows="test",
    ),
    "exact": Metric("share of the test rows read without a fault", better="higher", range=(0, 1), rows="test"),
    "exact_doubles": Metric(
        "share read without a fault of the test rows with a symbol twice in a row",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
}
ROWS = 250  # read together
LISTED, STRINGS = 10, 6  # rows of the table, and pictures that are drawn


def build(*, shown: int = 0) -> Callable[[Context], "Transcribe"]:
    """The net gives logits for each frame; `[loss]` compares them with symbols and reads them, by default CTC.

    shown: number of the test row whose frames are drawn, at least 0.
    """
    return partial(Transcribe, shown=shown)


class Transcribe:
    """A net (B, ...) -> logits (B, F, symbols); a loss as contracts.loss.TranscriptionLoss says."""

    def __init__(self, context: Context, shown: int):
        self.net, self.rows = context.nets["model"], context.rows.sequences()
        self.criterion = context.loss or ctc.build()
        self.shown = min(shown, len(self.rows.test) - 1)
        self.symbols = self.rows.vocabularies[-1]
        self.wanted = as_lists(self.rows.test.targets)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> scalar."""
        return self.criterion(self.net(self.rows.train.batch(rows)), self.rows.train.targets[rows])

    def read(self, inputs: Tensor) -> list[list[int]]:
        """inputs (B, ...) -> the symbols of each."""
        return as_lists(self.criterion.decode(self.net(inputs)))

    def evaluate(self) -> dict[str, float]:
        loss, found, test = 0.0, [], self.rows.test
        for inputs, targets in test.parts(ROWS):
            logits = self.net(inputs)
            loss += self.criterion(logits, targets).item() * len(inputs)
            found += as_lists(self.criterion.decode(logits))
        right = [a == b for a, b in zip(found, self.wanted, strict=True)]
        doubles = [each for each, row in zip(right, self.wanted, strict=True) if has_double(row)]
        values = {
            "test_loss": loss / len(test),
            "character_error": error_rate(found, self.wanted),
            "exact": sum(right) / len(right),
        }
        return {**values, "exact_doubles": sum(doubles) / len(doubles)} if doubles else values

    def pictures(self) -> Iterator[Picture]:
        """The frames of a test row by symbol; test rows, if they are pictures; what is read and what should be."""
        inputs = self.rows.test.inputs[: max(LISTED, self.shown + 1)]
        one = inputs[self.shown : self.shown + 1]
        found, chances = self.read(inputs), self.net(one)[0].float().softmax(1)  # (F, symbols)
        yield Picture("lattice", lattice(chances, self.symbols, found[self.shown], self.wanted[self.shown]))
        if inputs.dim() == 4:
            captions = [self.spelled(one) for one in found[:STRINGS]]
            yield Picture("strings", montage(inputs[:STRINGS], columns=2, captions=captions, title="read as"))
        rows = [
            ["" if a == b else "wrong", self.spelled(a), self.spelled(b)]
            for a, b in zip(found[:LISTED], self.wanted[:LISTED], strict=True)
        ]
        yield Picture("read", Table(columns=["", "read", "should be"], rows=rows))

    def spelled(self, numbers: list[int]) -> str:
        return "".join(self.symbols[number] for number in numbers)


def as_lists(rows: Tensor) -> list[list[int]]:
    """rows (N, T) int64 -> the symbols of each without BLANK."""
    return [[number for number in row if number != BLANK] for row in rows.tolist()]


def has_double(row: list[int]) -> bool:
    """Whether a symbol follows itself."""
    return any(a == b for a, b in pairwise(row))


def output_shape(role: str, facts: dict[str, int]) -> tuple[int | None, ...]:
    """Logits (B, F, symbols)."""
    return (None, facts["target_words"])
