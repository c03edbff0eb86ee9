"""A test film as a strip of frames with its sentence, which frames each word looks at, and what each variant writes."""

from collections.abc import Callable, Iterator, Mapping

import torch

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.reading.sentences import as_words
from dltui.engine.tasks.translate import Translate
from dltui.runs.payloads import Alignment, Table

TASKS = ("translate",)
SAME_ROWS = True
METRICS = {}
LISTED = 5  # films of the table
LEAST = 7  # points of the terminal that a frame must have


def build(*, shown: int = 1) -> Callable[[Mapping[str, Translate]], "FilmCaptions"]:
    """In the place of what each variant shows. The first variant's sentences stand with the films.

    shown: how many test films, at least 1.
    """
    return lambda tasks: FilmCaptions(tasks, shown)


class FilmCaptions:
    """See contracts.probe.Comparison. The frames of a film are the channels of a picture."""

    replaces_pictures = True

    def __init__(self, tasks: Mapping[str, Translate], shown: int):
        self.tasks, self.shown, self.first = tasks, shown, next(iter(tasks.values()))
        self.rows = self.first.rows.pictures().sequences()

    def evaluate(self) -> dict[str, dict[str, float]]:
        return {}

    def pictures(self) -> Iterator[Picture]:
        test, words = self.rows.test, self.rows.vocabularies[-1]
        films = test.inputs[: max(self.shown, LISTED)]
        decoded = {name: task.decode(films) for name, task in self.tasks.items()}
        symbols, weights = next(iter(decoded.values()))
        yield Picture("films", self._strips(films[: self.shown], [" ".join(as_words(row, words)) for row in symbols]))
        if weights is not None:
            yield Picture("attention", self._attention(symbols[0], weights[0].flatten(1)))
        true = [" ".join(as_words(row, words)) for row in test.targets[: len(films)]]
        rows = []
        for number, sentence in enumerate(true[:LISTED]):
            rows.append(["true", sentence])
            rows += [[name or "net", " ".join(as_words(of[number], words))] for name, (of, _) in decoded.items()]
        yield Picture("captions", Table(columns=["by", "sentence"], rows=rows))

    def _strips(self, films: torch.Tensor, sentences: list[str]) -> dict:
        """Every second frame, so that there is room for them."""
        frames = films[:, ::2]
        title = "; ".join(sentences[: len(films)])
        return montage(frames.flatten(0, 1)[:, None], columns=frames.shape[1], title=title, least=LEAST)

    def _attention(self, symbols: torch.Tensor, weights: torch.Tensor) -> Alignment:
        """symbols (L,), weights (L, T): how much each word looked at each frame."""
        written = [*as_words(symbols, self.rows.vocabularies[-1]), "."][: len(symbols)]
        columns = [str(number + 1) for number in range(weights.shape[1])]
        shown = weights[: len(written)].float().cpu().numpy()
        return Alignment(
            weights=shown, rows=written, columns=columns, row_title="written", column_title="frame",
            title="where each word looks, in percent",
        )  # fmt: skip
