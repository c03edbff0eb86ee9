"""Pictures with a class each, from every source that a data kind of them has: the hub, what is drawn, one's own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.reading import hub_pictures, own
from dltui.engine.reading.hub_pictures import Labelled
from dltui.engine.reading.reading_options import FOUND_OUT, Reading

Draw = Callable[[int, int], tuple[np.ndarray, np.ndarray]]  # (rows, split) -> pictures (N, C, H, W) uint8, classes (N,)


class ClassedPictures:
    """Pictures (N, C, size, size) uint8; of the user's own, whatever classes they have."""

    def __init__(
        self,
        kind: str,
        labelled: Labelled,
        drawn: tuple[Draw, tuple[int, int], tuple[str, ...], str],
        chosen: Callable[[Dataset], Dataset],
    ):
        """kind: under which the hub's copy is kept. drawn: how, rows of both splits, classes, and what in words.
        chosen: which of the rows are taken."""
        self.kind, self.labelled, self.drawn, self.chosen = kind, labelled, drawn, chosen

    def hub(self, report: Callable[[str], None]) -> Dataset:
        """The hub's copy: mapped from the cache, fetched and decoded the first time. Raises DltuiError (4)."""
        return self.chosen(hub_pictures.read(self.kind, self.labelled, report))

    def builtin(self) -> Dataset:
        """What is drawn, the same every time."""
        draw, rows, classes, words = self.drawn
        train, test = (Split(*map(torch.from_numpy, draw(count, split))) for split, count in enumerate(rows))
        return self.chosen(Dataset(train, test, classes, "builtin", words, facts_of(train.inputs, classes)))

    def path(self, path: Path, report: Callable[[str], None], reading: Reading = FOUND_OUT) -> Dataset:
        """The user's own pictures, made of the same size and colours. Raises DltuiError (4)."""
        return self.chosen(own.read(path, self.labelled.pictures, report, reading))
