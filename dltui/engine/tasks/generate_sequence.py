"""Sequences, each symbol from those before it: texts (Graves 2013, arXiv:1308.0850), and pictures pixel by pixel
(van den Oord et al. 2016, arXiv:1601.06759)."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, cross_entropy, one_hot

from dltui.engine.contracts.dataset import Split
from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Curve, Heat, Lines, Spans

LIVE = ("temperature",)
ANSWERS = ("sample",)
METRICS = {
    "loss": Metric(
        "training loss of a symbol: -ln p in a text, -log2 p of a pixel", better="lower", progress=True, rows="train"
    ),
    "bits": Metric(
        "mean -log2 p of a symbol of the test rows, the true symbols before it given",
        better="lower",
        unit="bits",
        rows="test",
    ),
    "pair_bits": Metric(
        "mean -log2 p of a symbol of the test rows, by a table that counts which follows which",
        unit="bits",
        axis="bits",
        rows="test",
    ),
    "independent_bits": Metric(
        "mean -log2 p of a test pixel, by counts of its shades, whatever its neighbours are",
        unit="bits",
        axis="bits",
        rows="test",
    ),
    "accuracy": Metric(
        "share of the test rows' symbols that were the likeliest", better="higher", range=(0, 1), rows="test"
    ),
    "leak": Metric(
        "largest change of the predictions of a changed pixel and of those before it: 0 where none sees what follows",
        check=True,
    ),
    "context": Metric(
        "share of the pixels before the middle one on which its prediction depends",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
}


def build(*, temperature: float = 0.8, shrink: int = 2) -> Callable[[Context], "Texts | Pixels"]:
    """The rows are texts or grey pictures.

    temperature: what logits are divided by before a sample's next symbol is drawn, at least 0.01; 1 draws as the
        net predicts, less prefers what is likely.
    shrink: of pictures, side of the square of pixels that become one, at least 1.
    """

    def made(context: Context) -> Texts | Pixels:
        pictures = context.rows.train.stored.dim() == 4
        return Pixels(context, temperature, shrink) if pictures else Texts(context, temperature)

    return made


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The prediction is a logit for each symbol."""
    return {"outputs": facts["symbols"]} if "symbols" in facts else {}


# -- texts -------------------------------------------------------------------------------------------------------------

ROWS = 100  # read together
SHOWN = 10  # test rows that are coloured
WRITTEN = 400  # symbols of a sample
STARTS = 64  # samples may begin at so many different rows' ends
MOST_BITS = 8.0  # where the colours of surprise end


class Texts:
    """A net with forward(symbols (B, T)) -> logits (B, T, V), and read(symbols, state) -> logits, state after them."""

    def __init__(self, context: Context, temperature: float):
        self.net, self.rows, self.temperature = context.nets["model"], context.rows.running_text(), temperature
        self.symbols = self.rows.vocabularies[0]
        self.pair_bits = pair_bits(self.rows.data.train, self.rows.data.test, len(self.symbols))
        self.surprise: Tensor | None = None  # (N, T) bits of the test rows' symbols when last evaluated
        if sees_ahead(self.net, self.rows.test.inputs[:2]):
            raise DltuiError(
                "This net sees the symbols that it is to predict: its predictions change with what comes later.",
                "Set model.both_ways=false.",
                ExitStatus.USAGE,
            )

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        """rows (B,) int64 -> cross-entropy, the mean over the symbols."""
        train = self.rows.train
        return cross_entropy(self.net(train.batch(rows)).flatten(0, 1), train.targets[rows].flatten())

    def evaluate(self) -> dict[str, float]:
        surprise, hits, test = [], 0, self.rows.test
        for symbols, targets in test.parts(ROWS):
            logits = self.net(symbols).float()  # (B, T, V)
            surprise.append(bits(logits, targets))
            hits += (logits.argmax(2) == targets).sum().item()
        self.surprise = torch.cat(surprise)
        return {
            "bits": self.surprise.mean().item(),
            "pair_bits": self.pair_bits,
            "accuracy": hits / test.targets.numel(),
        }

    def write(self, start: Tensor, count: int) -> tuple[Tensor, Tensor]:
        """Goes on from start (B, T): returns `count` symbols (B, count), and the bits (B, count) of each choice."""
        logits, state = self.net.read(start)
        written, surprise = [], []
        for _ in range(count):
            last = logits[:, -1].float()  # (B, V)
            symbol = drawn(last, self.temperature)  # (B, 1)
            written.append(symbol)
            surprise.append(bits(last[:, None], symbol))
            logits, state = self.net.read(symbol, state)
        return torch.cat(written, 1), torch.cat(surprise, 1)

    def pictures(self) -> Iterator[Picture]:
        """A sample, test rows coloured by surprise, and what it is worth to have read more of a row."""
        test, device = self.rows.test, self.rows.device
        start = test.inputs[torch.randint(min(STARTS, len(test)), (1,)).to(device)]
        written, surprise = self.write(start, WRITTEN)
        title = f"written by the net, temperature {self.temperature:g}"
        yield Picture("sample", self._spans(written[0], surprise[0], title))
        if self.surprise is not None:
            first = len(self.surprise) // 2 // SHOWN * SHOWN
            shown = slice(first, first + SHOWN)
            text, surprise = test.targets[shown].flatten(), self.surprise[shown].flatten()
            yield Picture("surprise", self._spans(text, surprise, "held-out text, by surprise"))
            yield Picture("by memory", self._by_memory())

    def _spans(self, numbers: Tensor, surprise: Tensor, title: str) -> Spans:
        parts = [self.symbols[number] for number in numbers.tolist()]
        return Spans(parts=parts, values=surprise.cpu().numpy(), limits=[0.0, MOST_BITS], unit="bits", title=title)

    def _by_memory(self) -> Lines:
        """The mean over the places of a row, one alone, then two, four, eight ... together."""
        length = self.surprise.shape[1]
        edges = [0, *(2**power for power in range(length.bit_length()) if 2**power < length), length]
        spans = list(pairwise(edges))
        x = [(first + 1 + last) / 2 for first, last in spans]
        y = [self.surprise[:, first:last].mean().item() for first, last in spans]
        pairs = Curve(name="a table of pairs", x=[x[0], x[-1]], y=[self.pair_bits] * 2)
        titles = {"x_title": "symbols read before the prediction", "y_title": "bits a symbol"}
        return Lines(curves=[Curve(name="the net", x=x, y=y), pairs], log_x=True, **titles)


def bits(logits: Tensor, targets: Tensor) -> Tensor:
    """logits (B, T, V), targets (B, T) -> -log2 of each target's probability (B, T)."""
    nats = cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="none")
    return nats.view(targets.shape) / math.log(2)


def drawn(logits: Tensor, temperature: float) -> Tensor:
    """logits (B, V) -> a symbol of each row, drawn (B, 1) int64."""
    return torch.multinomial((logits / temperature).softmax(1), 1)


def pair_bits(train: Split, test: Split, symbols: int) -> float:
    """Returns bits a symbol of the test rows by a table of the training rows' pairs, one added to each count."""
    pairs = train.inputs.flatten() * symbols + train.targets.flatten()
    counts = torch.bincount(pairs, minlength=symbols**2).view(symbols, symbols).double() + 1
    shares = counts / counts.sum(1, keepdim=True)
    return -shares[test.inputs, test.targets].log2().mean().item()


@torch.no_grad()
def sees_ahead(net: nn.Module, symbols: Tensor) -> bool:
    """Returns whether a net's predictions change with symbols (B, T) that come after them."""
    was_training = net.training
    net.eval()
    half = symbols.shape[1] // 2
    other = torch.cat([symbols[:, :half], symbols[:, half:].flip(1)], 1)
    before, after = net(symbols)[:, :half], net(other)[:, :half]
    net.train(was_training)
    return not torch.allclose(before, after, atol=1e-4)


# -- pixels ------------------------------------------------------------------------------------------------------------

AT_ONCE = 2000  # pictures made smaller together
SAMPLES = 5
STAGES = (0.25, 0.5, 0.75, 1.0)  # shares of the pixels drawn when a column of the montage is taken
UNKNOWN = torch.tensor([0.10, 0.16, 0.42])  # red, green and blue of a pixel that is not drawn yet
CHANGED = 8  # pixels that are changed to look for leaks


class Pixels:
    """A net with `levels` shades: pictures (B, 1, H, W) in 0..1 -> logits (B, levels, H, W)."""

    def __init__(self, context: Context, temperature: float, shrink: int):
        self.net, self.rows, self.temperature = context.nets["model"], context.rows.pictures(), temperature
        self.levels = self.net.levels
        if (side := min(self.rows.train.stored.shape[2:]) // shrink) < 2:
            what = f"task.shrink={shrink} leaves {side} pixels of a side: none can be predicted from its neighbours."
            raise DltuiError(what, "Take a smaller task.shrink.", ExitStatus.USAGE)
        self.x, self.test_x = (self._shades(split.inputs, shrink) for split in (self.rows.train, self.rows.test))
        self.independent_bits = independent_bits(self.x, self.test_x, self.levels)

    def _shades(self, pictures: Tensor, shrink: int) -> Tensor:
        """Pictures (N, C, h, w) in 0..1 -> shades (N, h/shrink, w/shrink) int64 in 0..levels-1."""
        small = (avg_pool2d(part[:, :1], shrink)[:, 0] for part in pictures.split(AT_ONCE))
        return torch.cat([(part * self.levels).long().clamp(max=self.levels - 1) for part in small])

    def _pictures(self, shades: Tensor) -> Tensor:
        """Shades (N, H, W) -> pictures (N, 1, H, W) in 0..1."""
        return shades[:, None] / (self.levels - 1)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", lambda rows: self.bits(self.x[rows]))]

    def bits(self, shades: Tensor) -> Tensor:
        """shades (B, H, W) -> mean of -log2 p(pixel | pixels before it): a picture's -log2 p(x), by the pixel."""
        return cross_entropy(self.net(self._pictures(shades)), shades) / math.log(2)

    def evaluate(self) -> dict[str, float]:
        mean = sum(self.bits(part).item() * len(part) for part in self.test_x.split(500)) / len(self.test_x)
        known = {"independent_bits": self.independent_bits, "leak": self._leak(), "context": self._context()}
        return {"bits": mean} | known

    def _leak(self) -> float:
        """Changes pixels of a test picture one by one, and looks at what is predicted for those up to each."""
        picture = self._pictures(self.test_x[:1])
        count = picture.numel()
        changed = picture.flatten().repeat(CHANGED, 1)  # (CHANGED, H W)
        at = torch.linspace(0, count - 1, CHANGED).long()
        changed[range(CHANGED), at] = 1 - changed[range(CHANGED), at]
        logits = self.net(torch.cat([picture, changed.view(-1, *picture.shape[1:])])).flatten(
            2
        )  # (1 + CHANGED, L, H W)
        apart = (logits[1:] - logits[:1]).abs().amax(1)  # (CHANGED, H W)
        upto = torch.arange(count) <= at[:, None]
        return apart[upto.to(apart.device)].max().item()

    def _context(self) -> float:
        sight = self._sight()
        height, width = sight.shape
        return (sight.flatten()[: height // 2 * width + width // 2] > 0).float().mean().item()

    def sample(self, count: int) -> Tensor:
        """Returns `count` new pictures (count, 1, H, W) in 0..1."""
        *_, (shades, _) = self._growing(count)
        return self._pictures(shades)

    def _growing(self, count: int) -> Iterator[tuple[Tensor, int]]:
        """Draws samples, and gives shades (count, H, W) and how many pixels are drawn, at each of STAGES."""
        height, width = self.x.shape[1:]
        shades = torch.zeros(count, height, width, dtype=torch.long, device=self.rows.device)
        stops = {round(share * height * width) for share in STAGES}
        for number in range(height * width):
            row, column = divmod(number, width)
            logits = self.net(self._pictures(shades[:, : row + 1]))[:, :, row, column]  # (count, levels)
            shades[:, row, column] = drawn(logits, self.temperature)[:, 0]
            if number + 1 in stops:
                yield shades, number + 1

    def pictures(self) -> Iterator[Picture]:
        """Samples as they are drawn, and which pixels the one in the middle depends on."""
        stages = torch.stack([self._as_seen(shades, known) for shades, known in self._growing(SAMPLES)], 1)
        sheet = montage(stages.flatten(0, 1), columns=len(STAGES), title="a row is a sample; blue: not yet drawn")
        yield Picture("drawn pixel by pixel", sheet)
        yield Picture("sight", Heat(values=self._sight().cpu().numpy(), x_title="what the middle pixel looks at"))

    def _as_seen(self, shades: Tensor, known: int) -> Tensor:
        """Shades (N, H, W), `known` pixels of them drawn -> (N, 3, H, W) in 0..1."""
        rgb = self._pictures(shades).repeat(1, 3, 1, 1).flatten(2)
        rgb[:, :, known:] = UNKNOWN.to(rgb.device)[None, :, None]
        return rgb.view(len(shades), 3, *shades.shape[1:])

    def _sight(self) -> Tensor:
        """|d logits of the middle pixel / d x| (H, W), the mean over some test pictures, the largest being 1."""
        x = self._pictures(self.test_x[:50])
        height, width = x.shape[2:]
        with torch.enable_grad():
            x = x.requires_grad_()
            logits = self.net(x)[:, :, height // 2, width // 2]  # (50, levels)
            total = sum(torch.autograd.grad(logit.sum(), x, retain_graph=True)[0].abs() for logit in logits.unbind(1))
        sight = total.mean(0)[0]
        return sight / sight.max().clamp(min=1e-12)


def independent_bits(x: Tensor, test_x: Tensor, levels: int) -> float:
    """Bits a pixel of test shades (M, H, W), each pixel's probabilities being counted in x (N, H, W), one added."""
    counts = one_hot(x, levels).sum(0) + 1  # (H, W, levels)
    p = counts / counts.sum(-1, keepdim=True)
    return -(one_hot(test_x, levels).float().mean(0) * p.log2()).sum(-1).mean().item()
