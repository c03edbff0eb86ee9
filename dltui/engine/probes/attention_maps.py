"""Attention maps: where a net looks, in what it reads, while it writes each word."""

from collections.abc import Callable, Iterator

import torch
from torch.nn.functional import interpolate

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.reading.sentences import PAD, as_words
from dltui.engine.tasks.translate import Translate
from dltui.runs.payloads import Alignment

TASKS = ("translate",)
MAPS = {"alignment": 8, "long alignment": 14}  # pane: words of the sentence whose map is shown, at most
COLUMNS = 5  # of the pictures: one as it is, eight words and the end fill two rows
DARK = 0.15  # light left where the net does not look at all


def build() -> Callable[[Translate], "AttentionMaps"]:
    """Of sentences a matrix, word by word; of pictures the picture itself, bright where the net looks."""
    return AttentionMaps


class AttentionMaps:
    """See contracts.probe.Probe. Nothing is shown of a net without attention."""

    def __init__(self, task: Translate):
        self.task, self.test = task, task.rows.test

    def pictures(self) -> Iterator[Picture]:
        if not self.task.reads_words:
            yield from self._on_a_picture()
            return
        for pane, most in MAPS.items():
            if shown := self._alignment(most):
                yield Picture(pane, shown)

    def _alignment(self, most: int) -> Alignment | None:
        """Of the longest test sentence of at most `most` words."""
        row = int(torch.where(self.task.lengths <= most, self.task.lengths, 0).argmax())
        read = int(self.task.lengths[row]) + 1  # with its end
        source = self.test.inputs[row : row + 1, :read]
        symbols, weights = self.task.decode(source)
        if weights is None:
            return None
        source_words, words = self.task.rows.vocabularies
        rows = [*as_words(symbols[0], words), "."][: symbols.shape[1]]  # the end is written too
        columns = [*as_words(source[0], source_words), "."]
        shown = weights[0, : len(rows), : len(columns)].float().cpu().numpy()
        titles = {"row_title": "written", "column_title": "read", "title": "where each written word looks, in percent"}
        return Alignment(weights=shown, rows=rows, columns=columns, **titles)

    def _on_a_picture(self) -> Iterator[Picture]:
        """The test picture with the longest sentence, once as it is and once for each word that is written."""
        words = self.task.rows.vocabularies[-1]
        row = int((self.test.targets != PAD).sum(1).argmax())
        picture, true = self.test.inputs[row : row + 1], as_words(self.test.targets[row], words)
        symbols, weights = self.task.decode(picture)  # weights (1, T, h, w)
        if weights is None:
            return
        written = as_words(symbols[0], words)
        captions = ["picture", *written, "."][: symbols.shape[1] + 1]
        light = weights[0, : len(captions) - 1, None].float()
        light = interpolate(light, picture.shape[2:], mode="bilinear")  # (T, 1, H, W)
        light = light / light.amax((1, 2, 3), keepdim=True)
        cells = torch.cat([picture, picture * (DARK + (1 - DARK) * light)])
        title = f"{' '.join(true)}: {'right' if written == true else 'wrong'}"
        yield Picture("attention", montage(cells, columns=COLUMNS, captions=captions, title=title))
