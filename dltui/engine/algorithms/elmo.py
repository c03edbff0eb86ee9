"""ELMo: word vectors that are the states of a language model, read both ways over words of letters (Peters et al. 2018,
arXiv:1802.05365); here of made sentences with words of one spelling and two senses.
"""

from collections.abc import Callable, Iterator
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Scatter, Spans

NEEDS_DATA = False
METRICS = {
    "loss": Metric("cross-entropy of a word's two neighbours, mean", better="lower", progress=True, rows="train"),
    "senses": Metric(
        "share of the test sentences whose two-sense word lies nearest to the mean vector of its sense",
        better="higher", range=(0, 1), rows="test",
    ),
    "context_left": Metric(
        "share of right senses where the words that tell stand before the two-sense word", range=(0, 1), rows="test"
    ),
    "context_right": Metric(
        "share of right senses where the words that tell stand behind the two-sense word", range=(0, 1), rows="test"
    ),
}  # fmt: skip
# a spelling, and the words that stand near it in either of its senses
SPELLINGS = """
bank: money loan cash coins deposit credit | river mud fish reeds flood shore
bat: cave wings night insects fur owl | ball game player team pitch glove
spring: winter flowers april rain blossom sunny | coil metal screw machine wire steel
seal: ocean ice whiskers swim flippers arctic | wax letter stamp envelope paper ink
"""
PATTERN = ("the", "C", "and", "C", "by", "the", "W", "of", "C", "and", "C")  # W: the two-sense word, C: its company
NEUTRAL = ("thing", "place", "day", "year")  # stand where there is no company
SIDES = ("left", "right", "both")  # where the company stands; in the test left or right of the spelling, not both
KNOWN = 4  # of the six company words: these stand near the two-sense word in training, the others in the test
TRAINED, EACH = 4000, 24  # training sentences; sentences of each sense for the means, and as many for the test
FEATURES = 384  # that the convolution finds in letters
HALVED = 1000  # steps after which the learning rate is half of the first
SHOWN_SPELLINGS, SHOWN = 2, 3  # spellings that are drawn, and test sentences of each of their senses


def _read() -> tuple[list[str], list[list[str]]]:
    """The spellings, and the company words of their senses, two rows a spelling."""
    lines = [line.split(":") for line in SPELLINGS.strip().splitlines()]
    return [name for name, _ in lines], [sense.split() for _, both in lines for sense in both.split("|")]


NAMES, COMPANY = _read()
FILLERS = {word for word in PATTERN if word not in "CW"}
PLACE, SLOTS = PATTERN.index("W"), [place for place, word in enumerate(PATTERN) if word == "C"]
WORDS = sorted({*NAMES, *NEUTRAL, *FILLERS}.union(*COMPANY))
NUMBERS = {word: number for number, word in enumerate(WORDS)}


def build(
    *,
    layer: Literal["context", "static"] = "context",
    both_ways: bool = True,
    letters: int = 24,
    width: int = 48,
    batch: int = 32,
    lr: float = 0.006,
) -> Callable[[Context], "Elmo"]:
    """Each step trains the language model; no sense is used for it, only the words that come next.

    layer: what stands for a word: context, the LSTMs' states at it; static, what its letters give, wherever it stands.
    both_ways: whether a second LSTM reads from the end, and predicts the word before.
    letters: numbers of a letter's embedding, at least 1.
    width: numbers of a word's vector, and of each LSTM's state, at least 2.
    batch: sentences of a step, at least 1.
    lr: learning rate of Adam at first, above 0; halved after 1000 steps.
    """
    return lambda context: Elmo(context, layer == "context", both_ways, letters, width, batch, lr)


class Sentences(nn.Module):
    """Sentences (N, T) of words, the sense of the word in the middle of each (N,), and whether its company stands left
    of it (N,)."""

    def __init__(self, rows: list[tuple[list[int], int, bool]], device: torch.device):
        super().__init__()
        for name, values in zip(("words", "senses", "is_left"), zip(*rows, strict=True), strict=True):
            self.register_buffer(name, torch.tensor(values, device=device), persistent=False)


def written(
    sense: int, side: str, near: list[str], word: str, random: np.random.Generator
) -> tuple[list[int], int, bool]:
    """A sentence with `word` in its middle and words of `near` on a side or both; a row of Sentences."""
    beside = [place for place in SLOTS if side in ("both", "left" if place < PLACE else "right")]
    found = dict(zip(SLOTS, random.choice(NEUTRAL, len(SLOTS)).tolist(), strict=True))
    found |= dict(zip(beside, random.choice(near, len(beside), replace=False).tolist(), strict=True))
    found[PLACE] = word
    return [NUMBERS[found.get(place, one)] for place, one in enumerate(PATTERN)], sense, side == "left"


def drawn(count: int, random: np.random.Generator, *, is_test: bool) -> list[tuple[list[int], int, bool]]:
    """`count` sentences of each sense with its spelling, next to company words of the test or of the training."""
    return [
        written(sense, SIDES[number % 2], company[KNOWN:] if is_test else company[:KNOWN], NAMES[sense // 2], random)
        for sense, company in enumerate(COMPANY)
        for number in range(count)
    ]


def training(random: np.random.Generator) -> list[tuple[list[int], int, bool]]:
    """TRAINED sentences: a half with a spelling and its known company, a half of any company of one sense."""
    rows = []
    for number in range(TRAINED):
        sense, side = int(random.integers(len(COMPANY))), SIDES[random.integers(len(SIDES))]
        if number % 2:
            rows.append(written(sense, side, COMPANY[sense][:KNOWN], NAMES[sense // 2], random))
        else:
            word, *near = random.permutation(COMPANY[sense]).tolist()
            rows.append(written(sense, side, near, word, random))
    return rows


class LanguageModel(nn.Module):
    """Sentences (B, T) -> vectors of letters (B, T, D), states of both LSTMs (B, T, D) each."""

    def __init__(self, both_ways: bool, letters: int, width: int):
        super().__init__()
        longest = max(map(len, WORDS)) + 2  # a blank at each end
        spelled = [[0, *(ord(letter) - 96 for letter in word)] for word in WORDS]
        self.register_buffer("spelled", torch.tensor([row + [0] * (longest - len(row)) for row in spelled]))  # (V, L)
        self.letter = nn.Embedding(27, letters)
        self.convolution = nn.Conv1d(letters, FEATURES, 3, padding=1)
        self.project = nn.Linear(FEATURES, width)
        self.forwards = nn.LSTM(width, width, batch_first=True)
        self.backwards = nn.LSTM(width, width, batch_first=True) if both_ways else None
        self.head = nn.Linear(width, len(WORDS))  # for both ways

    def forward(self, words: Tensor) -> tuple[Tensor, list[Tensor]]:
        maps = self.convolution(self.letter(self.spelled).mT).relu().amax(2)  # (V, 2 D): the largest over the letters
        every = self.project(maps)  # (V, D)
        x = ((every - every.mean(0)) / (every.std(0) + 1e-5))[words]
        states = [self.forwards(x)[0]]
        if self.backwards:
            states.append(self.backwards(x.flip(1))[0].flip(1))
        return x, states

    def loss(self, words: Tensor) -> Tensor:
        """Of the word behind, from what was read up to here; of the word before, from what was read from the end."""
        _, states = self(words)
        losses = [cross_entropy(self.head(states[0][:, :-1]).flatten(0, 1), words[:, 1:].flatten())]
        if self.backwards:
            losses.append(cross_entropy(self.head(states[1][:, 1:]).flatten(0, 1), words[:, :-1].flatten()))
        return torch.stack(losses).mean()


class Elmo(nn.Module):
    """A language model; what it makes of the two-sense words is compared with the mean vectors of their senses."""

    done = False

    def __init__(
        self, context: Context, in_context: bool, both_ways: bool, letters: int, width: int, batch: int, lr: float
    ):
        super().__init__()
        self.in_context, self.batch = in_context, batch
        random = np.random.Generator(np.random.PCG64(context.seed))
        device = context.device
        self.train_rows = Sentences(training(random), device)
        self.examples, self.test = (Sentences(drawn(EACH, random, is_test=test), device) for test in (False, True))
        self.net = LanguageModel(both_ways, letters, width).to(device)
        self.lr, self.adam = lr, AdamInBuffers(self.net.parameters(), lr)

    def step(self) -> dict[str, float]:
        """One step of Adam on training sentences."""
        rows = torch.randint(TRAINED, (self.batch,)).to(self.train_rows.words.device)
        self.adam.lr = self.lr / (1 + int(self.adam.steps) / HALVED)
        with torch.enable_grad():
            loss = self.net.loss(self.train_rows.words[rows])
            self.adam.step(loss)
        return {"loss": loss.item()}

    def vectors(self, sentences: Sentences) -> Tensor:
        """The vector of the two-sense word of each sentence, (N, D), or (N, 2 D) of both ways."""
        x, states = self.net(sentences.words)
        vectors = torch.cat(states, 2) if self.in_context else x
        return vectors[:, PLACE]

    def means(self) -> Tensor:
        """The mean of the vectors of the examples of each sense, (senses, D)."""
        return self.vectors(self.examples).unflatten(0, (len(COMPANY), EACH)).mean(1)

    def nearest(self, vectors: Tensor, means: Tensor) -> Tensor:
        """vectors (N, D) of the test -> for each the nearer of the two senses of its spelling (N,)."""
        first = self.test.senses // 2 * 2  # (N,)
        away = torch.stack([(vectors - means[first + side]).norm(dim=1) for side in range(2)], 1)
        return first + away.argmin(1)

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Of the test sentences, whose company words never stood near this word in training."""
        right = (self.nearest(self.vectors(self.test), self.means()) == self.test.senses).float()
        return {
            "senses": right.mean().item(),
            "context_left": right[self.test.is_left].mean().item(),
            "context_right": right[~self.test.is_left].mean().item(),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """The vectors of one spelling on their two main directions; test sentences and the senses found."""
        vectors, means = self.vectors(self.test), self.means()
        found = self.nearest(vectors, means)
        for spelling in range(SHOWN_SPELLINGS):
            yield Picture(f"{NAMES[spelling]}: vectors", self._clouds(vectors, means, spelling))
        yield Picture("sentences", self._sentences(found))

    def _clouds(self, vectors: Tensor, means: Tensor, spelling: int) -> Scatter:
        rows = self.test.senses // 2 == spelling
        own, both = vectors[rows], means[2 * spelling : 2 * spelling + 2]
        middle = own.mean(0)
        directions = torch.linalg.svd(own - middle, full_matrices=False).Vh[:2]  # (2, D)
        x, y = ((own - middle) @ directions.T).T.cpu().numpy()
        at = ((both - middle) @ directions.T).T.cpu().numpy()
        marks = {"x": at[0], "y": at[1], "label": np.arange(2)}
        return Scatter(
            x=x, y=y, label=(self.test.senses[rows] % 2).cpu().numpy(), classes=_senses(spelling),
            x_title="first principal component", y_title="second", marks=marks,
        )  # fmt: skip

    def _sentences(self, found: Tensor) -> Spans:
        parts, label, marked = [], [], []
        for row in range(0, len(found), EACH // SHOWN):
            sense = int(self.test.senses[row])
            if sense >= 2 * SHOWN_SPELLINGS:
                break
            for place, word in enumerate(self.test.words[row].tolist()):
                is_spelling = place == PLACE
                if is_spelling and int(found[row]) != sense:
                    marked.append(len(parts))
                parts += [WORDS[word], " "]
                label += [int(found[row]) if is_spelling else -1, -1]
            parts[-1] = "\n"
        title = "test sentences, two-sense words by the sense found"
        classes = _senses(0) + _senses(1)
        return Spans(parts=parts, label=np.array(label), classes=classes, marked=marked, mark="wrong", title=title)


def _senses(spelling: int) -> list[str]:
    """Names of both senses of a spelling, by a word of their company."""
    return [f"{NAMES[spelling]} ({COMPANY[2 * spelling + side][0]})" for side in range(2)]
