"""Short films in grey, drawn: their frames are the channels of a picture. Asked of them is a class, a sentence, or how
they go on."""

from typing import Literal

import numpy as np
import torch
from torch import Tensor

from dltui.engine.contracts.dataset import Dataset, Split, facts_of
from dltui.engine.generators import acted, balls, mouths
from dltui.engine.reading.sentences import as_rows, vocabulary

SOURCES = ("builtin",)
GIVES = ("pictures", "classes", "sequences", "target_pictures")
LENGTH = 14  # words of a sentence, and its end
AHEAD = 5  # frames that are to be predicted


def build(
    *,
    show: Literal["actions", "words", "stories", "balls"] = "actions",
    train_rows: int = 1200,
    test_rows: int = 300,
    frames: int = 7,
    size: int = 28,
    seed: int = 0,
) -> "Films":
    """Grey films, each of another person or of other balls.

    show: actions, a stick person moves in one of eight ways; words, a mouth says one of eight; stories, a stick person
        makes two movements, and a sentence says which; balls, two fly and bounce, and the five frames that follow are
        to be predicted.
    train_rows: generated films to train on, at least 10.
    test_rows: generated films to test on, at least 2.
    frames: of a film, at least 2, at most 32.
    size: height and width in pixels, at least 16, at most 128.
    seed: decides the generated films, at least 0.
    """
    return Films(show, (train_rows, test_rows), frames, size, seed)


class Films:
    """Films (N, T, size, size) uint8. Targets of actions and words are classes (N,), of stories words (N, L) int64, of
    balls the next frames (N, 5, size, size) uint8."""

    def __init__(self, show: str, rows: tuple[int, int], frames: int, size: int, seed: int):
        self.show, self.rows, self.frames, self.size, self.seed = show, rows, frames, size, seed

    def builtin(self) -> Dataset:
        """Generated films: the same options give the same."""
        random = np.random.Generator(np.random.PCG64(self.seed))
        return {"stories": self._stories, "balls": self._balls}.get(self.show, self._labelled)(random)

    def _labelled(self, random: np.random.Generator) -> Dataset:
        film, names = {"actions": (acted.actions, tuple(acted.ACTIONS)), "words": (mouths.words, mouths.WORDS)}[
            self.show
        ]
        shown = film(sum(self.rows), self.frames, self.size, random)
        return self._dataset(torch.from_numpy(shown.frames), torch.from_numpy(shown.labels), names)

    def _stories(self, random: np.random.Generator) -> Dataset:
        frames, told = acted.stories(sum(self.rows), self.frames, self.size, random)
        sentences = [acted.sentence(*numbers).split() for numbers in told.tolist()]
        known = vocabulary(sentences, most=1000)
        data = self._dataset(torch.from_numpy(frames), as_rows(sentences, known, LENGTH), ())
        return data._replace(facts={**data.facts, "target_words": len(known)}, vocabularies=(known,))

    def _balls(self, random: np.random.Generator) -> Dataset:
        both = torch.from_numpy(balls.films(sum(self.rows), self.frames + AHEAD, self.size, 2, random))
        data = self._dataset(both[:, : self.frames], both[:, self.frames :], ())
        return data._replace(facts={**data.facts, "target_channels": AHEAD})

    def _dataset(self, films: Tensor, targets: Tensor, names: tuple[str, ...]) -> Dataset:
        train, test = (Split(*both) for both in zip(films.split(self.rows), targets.split(self.rows), strict=True))
        facts = {**facts_of(films, names), "frames": self.frames}
        return Dataset(train, test, names, "builtin", f"drawn films: {self.show}", facts)
