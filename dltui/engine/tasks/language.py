"""Language modelling: the next symbol from those before it (Graves 2013, arXiv:1308.0850)."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.dataset import Dataset
from dltui.engine.contracts.task import Objective, Picture
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
METRICS = {
    "loss": Metric("training loss of a symbol, in nats", better="lower", progress=True),
    "bits": Metric("bits a symbol of the held-back text, each after the true symbols before it in its row"),
    "pair_bits": Metric("the same of a table that counts which symbol follows which"),
    "accuracy": Metric("share of the held-back symbols that were the likeliest guess", better="higher", range=(0, 1)),
}
LIVE = ("temperature",)
ROWS = 100  # read together
SHOWN = 10  # rows of the held-back text that are coloured
WRITTEN = 400  # symbols of a sample
STARTS = 64  # samples may begin at so many different rows' ends
MOST_BITS = 8.0  # where the colours of surprise end


def build(*, temperature: float = 0.8) -> Callable:
    """Returns (data, nets, device) -> Language.

    temperature: what logits are divided by before a sample's next symbol is drawn, above 0; 1 draws as the net
        believes, less prefers what is likely.
    """
    return partial(Language, temperature=temperature)


class Language:
    """A net with forward(symbols (B, T)) -> logits (B, T, V), and read(symbols, state) -> logits, state after them."""

    def __init__(self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, temperature: float):
        if len(data.vocabularies) != 1 or data.train.targets.shape != data.train.inputs.shape:
            raise DltuiError(
                f'A language model guesses the next symbol; "{data.detail}" has no text.',
                "Take: data.kind=text.",
                ExitStatus.USAGE,
            )
        self.net, self.temperature, self.symbols = nets["model"], temperature, data.vocabularies[0]
        self.device = device
        self.inputs, self.targets = data.train.inputs.to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = data.test.inputs.to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        self.pair_bits = pair_bits(data, len(self.symbols))
        self.surprise: Tensor | None = None  # (N, T) bits of the held-back symbols when last evaluated
        if sees_ahead(self.net, self.test_inputs[:2]):
            raise DltuiError(
                "This net sees the symbols that it is to guess: its answers change with what comes later.",
                "Set model.both_ways=false.",
                ExitStatus.USAGE,
            )

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return cross_entropy(self.net(self.inputs[rows]).flatten(0, 1), self.targets[rows].flatten())

    def evaluate(self) -> dict[str, float]:
        surprise, hits = [], 0
        for symbols, targets in zip(self.test_inputs.split(ROWS), self.test_targets.split(ROWS), strict=True):
            logits = self.net(symbols).float()  # (B, T, V)
            surprise.append(bits(logits, targets))
            hits += (logits.argmax(2) == targets).sum().item()
        self.surprise = torch.cat(surprise)
        return {
            "bits": self.surprise.mean().item(),
            "pair_bits": self.pair_bits,
            "accuracy": hits / self.test_targets.numel(),
        }

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        """A sample, held-back text coloured by surprise, and what it is worth to have read more of a row."""
        yield Picture("sample", self._sample())
        if self.surprise is not None:
            yield Picture("surprise", self._surprise())
            yield Picture("by memory", self._by_memory())

    def _sample(self) -> dict:
        start = self.test_inputs[torch.randint(min(STARTS, len(self.test_inputs)), (1,)).to(self.device)]
        written, surprise = self.write(start, WRITTEN)
        title = f"written by the net, temperature {self.temperature:g}"
        return self._spans(written[0], surprise[0], title)

    def write(self, start: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Goes on from start (B, T): returns `count` symbols (B, count), and the bits (B, count) of each choice."""
        logits, state = self.net.read(start)
        written, surprise = [], []
        for _ in range(count):
            last = logits[:, -1].float()  # (B, V)
            symbol = torch.multinomial((last / self.temperature).softmax(1), 1)  # (B, 1)
            written.append(symbol)
            surprise.append(bits(last[:, None], symbol))
            logits, state = self.net.read(symbol, state)
        return torch.cat(written, 1), torch.cat(surprise, 1)

    def _surprise(self) -> dict:
        first = len(self.surprise) // 2 // SHOWN * SHOWN
        shown = slice(first, first + SHOWN)
        text, surprise = self.test_targets[shown], self.surprise[shown]
        return self._spans(text.flatten(), surprise.flatten(), "held-back text, by surprise")

    def _spans(self, numbers: Tensor, surprise: Tensor, title: str) -> dict:
        return {
            "type": "spans",
            "parts": [self.symbols[number] for number in numbers.tolist()],
            "values": surprise.cpu().numpy(),
            "limits": [0.0, MOST_BITS],
            "unit": "bits",
            "title": title,
        }

    def _by_memory(self) -> dict:
        """The mean over the places of a row, one alone, then two, four, eight ... together."""
        length = self.surprise.shape[1]
        edges = [0, *(2**power for power in range(length.bit_length()) if 2**power < length), length]
        spans = list(pairwise(edges))
        x = [(first + 1 + last) / 2 for first, last in spans]
        y = [self.surprise[:, first:last].mean().item() for first, last in spans]
        curves = [
            {"name": "the net", "x": x, "y": y},
            {"name": "a table of pairs", "x": [x[0], x[-1]], "y": [self.pair_bits] * 2},
        ]
        titles = {"x_title": "symbols read before the guess", "y_title": "bits a symbol"}
        return {"type": "lines", "curves": curves, "log_x": True, **titles}


def bits(logits: Tensor, targets: Tensor) -> Tensor:
    """logits (B, T, V), targets (B, T) -> -log2 of each target's probability (B, T)."""
    nats = cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return nats.view(targets.shape) / math.log(2)


def pair_bits(data: Dataset, symbols: int) -> float:
    """Returns bits a symbol of the test rows by a table of the training rows' pairs, one added to each count."""
    pairs = data.train.inputs.flatten() * symbols + data.train.targets.flatten()
    counts = torch.bincount(pairs, minlength=symbols**2).view(symbols, symbols).double() + 1
    shares = counts / counts.sum(1, keepdim=True)
    return -shares[data.test.inputs, data.test.targets].log2().mean().item()


@torch.no_grad()
def sees_ahead(net: nn.Module, symbols: Tensor) -> bool:
    """Returns whether a net's answers change with symbols (B, T) that come after them."""
    was_training = net.training
    net.eval()
    half = symbols.shape[1] // 2
    other = torch.cat([symbols[:, :half], symbols[:, half:].flip(1)], 1)
    before, after = net(symbols)[:, :half], net(other)[:, :half]
    net.train(was_training)
    return not torch.allclose(before, after, atol=1e-4)


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The answer is a logit for each symbol."""
    return {"outputs": facts["symbols"]} if "symbols" in facts else {}
