"""CLIP: encoders of pictures and of sentences learn to put each picture nearest to its own sentence
(Radford et al. 2021, arXiv:2103.00020); here of drawn shapes, some of whose pairs of colour and shape are held out.
"""

from collections.abc import Callable, Iterator
from itertools import product
from typing import Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import normalize

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators.shapes import CLASSES, OUTLINES
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Alignment, Heat

NEEDS_DATA = False
METRICS = {
    "loss": Metric("symmetric cross-entropy of a training batch", better="lower", progress=True, rows="train"),
    "unseen": Metric(
        "share of test pictures of pairs that were held out, whose own sentence is the nearest of all",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "seen": Metric(
        "share of test pictures of training pairs, whose own sentence is the nearest of all",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "retrieval": Metric(
        "share of the held-out sentences whose nearest test picture is of their pair",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "diagonal": Metric(
        "mean probability of a held-out test picture's own sentence among all",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
    "temperature": Metric("what the cosines are divided by", side=True),
}
COLOURS = {
    "red": (0.85, 0.15, 0.15), "green": (0.15, 0.65, 0.2), "blue": (0.2, 0.3, 0.9), "yellow": (0.9, 0.85, 0.15),
    "purple": (0.6, 0.2, 0.75), "cyan": (0.2, 0.8, 0.85), "white": (0.95, 0.95, 0.95), "black": (0.05, 0.05, 0.05),
}  # fmt: skip
SHAPES = CLASSES[:7] + CLASSES[9:]  # without moon and heart, which look much like a disc at this size
PAIRS = list(product(range(len(COLOURS)), range(len(SHAPES))))
NAMES = [f"{list(COLOURS)[colour]} {SHAPES[shape]}" for colour, shape in PAIRS]
TEMPLATES = ("a picture of {}", "a {} on grey", "one small {} here", "we drew a {}", "this is the {}")
WORDS = sorted({word for template in TEMPLATES for name in NAMES for word in template.format(name).split()})
SIZE, OUTLINE = 24, 1.3  # of a picture, and of the dark line around its shape to each side, in pixels
TRAINED, TESTED = 100, 20  # pictures of a pair
START, LEAST = 0.07, 0.01  # temperatures, as published
HALVED = 200  # steps after which the learning rate is half of the first, and a third after as many again
SHOWN = 6  # held-out pairs of the pictures, and as many others


def build(
    *,
    text: Literal["words", "labels"] = "words",
    pairs: Literal["own", "shuffled"] = "own",
    temperature: float = 0.0,
    width: int = 64,
    batch: int = 32,
    lr: float = 0.004,
) -> Callable[[Context], "Clip"]:
    """Each step draws as many pairs of colour and shape as a batch has, a picture and a sentence of each.

    text: words, a sentence is the mean of its words' embeddings; labels, each pair has an embedding of its own.
    pairs: own, each picture comes with its sentence; shuffled, with one of the batch.
    temperature: what the cosines are divided by, at least 0; 0 learns it, others are 0.01 or more.
    width: numbers of an embedding, at least 2.
    batch: pairs of a batch, at least 2; no more than there are are taken.
    lr: learning rate of Adam at first, above 0; halved after 200 steps, a third of it after 400.
    """
    if 0 < temperature < LEAST:
        what = f"algorithm.temperature {temperature:g} is too small: cosines divided by it are too large."
        raise DltuiError(what, f"Take at least {LEAST}, or 0 to learn it.", ExitStatus.USAGE)
    return lambda context: Clip(context, text, pairs == "shuffled", temperature, width, batch, lr)


def symmetric_cross_entropy(logits: Tensor) -> Tensor:
    """logits (B, B), pictures by sentences -> the mean of -log p of the diagonal by rows and by columns."""
    own = logits.diagonal()
    return ((logits.logsumexp(1) - own).mean() + (logits.logsumexp(0) - own).mean()) / 2


def drawn(pairs: list[tuple[int, int]], random: np.random.Generator) -> Tensor:
    """A picture of each pair, (N, 3, SIZE, SIZE) in 0..1: place, size, turn, shade and ground are random.

    A dark line goes round each shape, so that a shape looks alike in every colour.
    """
    colours, shapes = np.array(pairs).T
    count = len(pairs)

    def uniform(low: float, high: float) -> np.ndarray:
        return random.uniform(low, high, (count, 1, 1)).astype(np.float32)

    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) - (SIZE - 1) / 2
    x, y = x - uniform(-2, 2), y - uniform(-2, 2)
    turn, radius = uniform(-0.3, 0.3), uniform(8.5, 10.5)
    u, v = (np.cos(turn) * x + np.sin(turn) * y) / radius, (np.cos(turn) * y - np.sin(turn) * x) / radius
    outside = np.empty_like(u)
    for number, name in enumerate(SHAPES):
        rows = shapes == number
        outside[rows] = OUTLINES[CLASSES.index(name)](u[rows], v[rows])
    cover = np.clip(0.5 - outside * radius, 0, 1)[:, None]  # (N, 1, H, W)
    colour = np.array(list(COLOURS.values()))[colours] + random.uniform(-0.1, 0.1, (count, 3))  # (N, 3)
    ground = uniform(0.2, 0.8)[:, None]
    pixels = ground + cover * (colour[..., None, None].astype(np.float32) - ground)
    pixels *= 1 - np.clip(OUTLINE - np.abs(outside * radius), 0, 1)[:, None]
    return torch.from_numpy(pixels + 0.04 * random.standard_normal(pixels.shape, np.float32)).clamp(0, 1)


def sentence(pair: int, template: int) -> list[int]:
    """The numbers of its words; all sentences have five."""
    return [WORDS.index(word) for word in TEMPLATES[template].format(NAMES[pair]).split()]


class Labels(nn.Module):
    """Sentences (B, T) -> (B, width) by their pair alone: none has a word in common with another."""

    def __init__(self, sentences: Tensor, width: int):
        super().__init__()
        self.register_buffer("sentences", sentences, persistent=False)  # (pairs, templates, T)
        self.embedding = nn.Embedding(len(sentences), width)

    def forward(self, words: Tensor) -> Tensor:
        same = (self.sentences == words[:, None, None]).all(3).any(2)  # (B, pairs)
        return self.embedding(same.float().argmax(1))


class Clip(nn.Module):
    """Two encoders, and a table of all sentences (pairs, templates, T)."""

    done = False

    def __init__(
        self, context: Context, text: str, shuffled: bool, temperature: float, width: int, batch: int, lr: float
    ):
        super().__init__()
        random = np.random.Generator(np.random.PCG64(context.seed))
        self.shuffled, self.fixed, device = shuffled, temperature, context.device
        self._hold_out(random, device)
        self.batch = min(batch, len(self.known))
        sentences = [[sentence(pair, template) for template in range(len(TEMPLATES))] for pair in range(len(PAIRS))]
        self.sentences = torch.tensor(sentences, device=device)
        images = drawn(PAIRS * (TRAINED + TESTED), random).unflatten(0, (-1, len(PAIRS))).to(device)
        self.train_images, self.test_images = images[:TRAINED], images[TRAINED:].flatten(0, 1)
        self.test_pairs = torch.arange(len(PAIRS), device=device).repeat(TESTED)
        self.image_encoder = image_encoder(width).to(device)
        words = nn.Sequential(nn.EmbeddingBag(len(WORDS), 64), nn.Linear(64, width))
        self.text_encoder = (words if text == "words" else Labels(self.sentences, width)).to(device)
        self.log_scale = nn.Parameter(torch.tensor(1 / START, device=device).log())
        self.lr, self.adam = lr, AdamInBuffers(self.parameters(), lr)

    def _hold_out(self, random: np.random.Generator, device: torch.device) -> None:
        """Which pairs are trained on, `known`, and which are not, `held_out`: each colour lacks a shape of its own."""
        lacks = random.permutation(len(SHAPES))
        held_out = torch.tensor([lacks[colour] == shape for colour, shape in PAIRS])
        self.held_out, self.known = (rows.nonzero()[:, 0].to(device) for rows in (held_out, ~held_out))

    def temperature(self) -> Tensor | float:
        """Learned as the logarithm of its reciprocal, and never below LEAST."""
        return self.fixed or torch.exp(-self.log_scale).clamp(min=LEAST)

    def logits(self, images: Tensor, words: Tensor) -> Tensor:
        """images (B, 3, H, W), words (S, T) -> cosines / temperature (B, S)."""
        pictures, texts = self.image_encoder(images), self.text_encoder(words)
        return normalize(pictures, dim=1) @ normalize(texts, dim=1).T / self.temperature()

    def step(self) -> dict[str, float]:
        """One step of Adam on a batch in which no pair comes twice."""
        device = self.known.device
        pairs = self.known[torch.randperm(len(self.known))[: self.batch].to(device)]
        rows = torch.randint(TRAINED, (self.batch,)).to(device)
        told = pairs[torch.randperm(self.batch).to(device)] if self.shuffled else pairs
        words = self.sentences[told, torch.randint(len(TEMPLATES), (self.batch,)).to(device)]
        with torch.enable_grad():
            self.adam.lr = self.lr / (1 + int(self.adam.steps) / HALVED)
            loss = symmetric_cross_entropy(self.logits(self.train_images[rows, pairs], words))
            self.adam.step(loss)
        return {"loss": loss.item()}

    def _tested(self) -> Tensor:
        """Logits of all test pictures by the sentences of all pairs, (N, pairs)."""
        return self.logits(self.test_images, self.sentences[:, 0])

    @torch.no_grad()
    def evaluate(self) -> dict[str, float]:
        """Zero-shot: each picture chooses among all sentences, also one whose pair was never trained on."""
        logits, own = self._tested(), self.test_pairs
        right = (logits.argmax(1) == own).float()
        probability = logits.softmax(1).gather(1, own[:, None])[:, 0]
        held_out = torch.isin(own, self.held_out)
        nearest = own[logits[:, self.held_out].argmax(0)]
        return {
            "unseen": right[held_out].mean().item(),
            "seen": right[~held_out].mean().item(),
            "retrieval": (nearest == self.held_out).float().mean().item(),
            "diagonal": probability[held_out].mean().item(),
            "temperature": float(self.temperature()),
        }

    @torch.no_grad()
    def pictures(self) -> Iterator[Picture]:
        """Pictures by sentences of held-out pairs and others, held-out pictures as they are read, and all cosines."""
        logits = self._tested()
        some = torch.cat([self.held_out[:SHOWN], self.known[:: len(self.known) // SHOWN][:SHOWN]])
        names = [NAMES[pair] + "*" * (place < SHOWN) for place, pair in enumerate(some.tolist())]
        first = logits[: len(PAIRS)]  # one picture of each pair
        shares = first[some][:, some].softmax(1).cpu().numpy()
        axes = {"row_title": "picture", "column_title": "sentence"}
        title = "which sentence belongs to a picture; *: this pair was held out"
        yield Picture("matrix", Alignment(weights=shares, rows=names, columns=names, title=title, **axes))
        found = [NAMES[pair] for pair in first[self.held_out].argmax(1).tolist()]
        held = self.test_images[self.held_out]
        yield Picture("held out", montage(held, columns=4, captions=found, title="pairs never trained on, as read"))
        cosines = (first * self.temperature()).cpu().numpy()
        yield Picture("cosines", Heat(values=cosines, x_title="sentence", y_title="picture"))


def image_encoder(width: int) -> nn.Module:
    """(B, 3, SIZE, SIZE) -> (B, width)."""
    blocks = [
        part
        for before, after in ((3, 16), (16, 32), (32, 64))
        for part in (nn.Conv2d(before, after, 3, stride=2, padding=1), nn.GroupNorm(4, after), nn.ReLU())
    ]
    return nn.Sequential(*blocks, nn.Flatten(), nn.Linear(64 * (SIZE // 8) ** 2, width))
