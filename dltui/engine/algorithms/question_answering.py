"""A question about a story is answered by attention over its lines (Weston et al. 2014, arXiv:1410.3916; Sukhbaatar et
al. 2015, "End-to-end memory networks", arXiv:1503.08895)."""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.generators.stories import PLACES, WORDS, Stories, stories
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.lines import lines as curves
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Spans

NEEDS_DATA = False
METRICS = {
    "loss": Metric("training loss of a batch of new stories", better="lower", progress=True, rows="train"),
    "accuracy": Metric("share of the test questions answered rightly", better="higher", range=(0, 1), rows="test"),
    "found": Metric(
        "share of the test stories in which more than half of the attention is on the line that decides the answer",
        better="higher",
        range=(0, 1),
        rows="test",
    ),
}
TESTED, SHOWN = 1000, 6  # test stories, and those of the picture
FEW = 20  # stories that a point of the curve needs


def build(
    *,
    reads: Literal["attention", "bag", "last_line"] = "attention",
    age: bool = True,
    lines: int = 8,
    width: int = 32,
    batch: int = 64,
    lr: float = 0.01,
) -> Callable[[Context], "QuestionAnswering"]:
    """Each step trains on new stories. The net is the same whatever it reads; only the weights of the lines differ.

    reads: attention, lines weigh as they fit the question; bag, all weigh the same; last_line, the last one alone.
    age: whether a line carries how many lines ago it was said.
    lines: lines of a story at most, at least 4, at most 30.
    width: numbers of an embedding, at least 1.
    batch: stories of a step, at least 1.
    lr: learning rate of Adam, above 0.
    """
    return lambda context: QuestionAnswering(context, reads, age, lines, width, batch, lr)


class Reader(nn.Module):
    """Stories -> logits (B, places) and the weights of their lines (B, L)."""

    def __init__(self, reads: str, age: bool, lines: int, width: int):
        super().__init__()
        self.reads, self.age = reads, age
        self.question = nn.Embedding(len(WORDS), width)
        self.keys, self.values = (nn.Embedding(len(WORDS), width, padding_idx=0) for _ in range(2))
        self.ages = nn.Parameter(0.1 * torch.randn(lines, width))  # the last line has the last one
        self.head = nn.Sequential(nn.Linear(2 * width, 2 * width), nn.ReLU(), nn.Linear(2 * width, len(PLACES)))

    def forward(self, told: Stories) -> tuple[Tensor, Tensor]:
        q = self.question(told.asked)  # (B, D)
        weights = self.weights(q, told)
        read = (weights[:, None] @ self.values(told.lines).sum(2))[:, 0]  # (B, D)
        return self.head(torch.cat([q, read], 1)), weights

    def weights(self, q: Tensor, told: Stories) -> Tensor:
        """q (B, D) -> softmax(q . k) over the lines that are there (B, L), or fixed weights."""
        if self.reads == "attention":
            k = self.keys(told.lines).sum(2) + (self.ages if self.age else 0)  # (B, L, D)
            scores = (k @ q[..., None])[..., 0]
        else:
            scores = torch.zeros(told.there.shape, device=q.device)
            if self.reads == "last_line":
                scores[:, :-1] = -torch.inf
        return scores.masked_fill(~told.there, -torch.inf).softmax(1)


class QuestionAnswering(nn.Module):
    """A Reader, and test stories drawn by the seed alone."""

    done = False

    def __init__(self, context: Context, reads: str, age: bool, lines: int, width: int, batch: int, lr: float):
        super().__init__()
        self.lines, self.batch, self.device = lines, batch, context.device
        self.net = Reader(reads, age, lines, width).to(context.device)
        self.adam = AdamInBuffers(self.net.parameters(), lr)
        self.test = self._drawn(TESTED, torch.Generator().manual_seed(context.seed + 1))

    def _drawn(self, count: int, random: torch.Generator | None = None) -> Stories:
        return Stories(*(part.to(self.device) for part in stories(count, self.lines, random)))

    def step(self) -> dict[str, float]:
        """One step of Adam; nobody says which line decides, only what the answer is."""
        told = self._drawn(self.batch)
        with torch.enable_grad():
            loss = cross_entropy(self.net(told)[0], told.answers)
            self.adam.step(loss)
        return {"loss": loss.item()}

    def evaluate(self) -> dict[str, float]:
        logits, weights = self.net(self.test)
        on_deciding = weights.gather(1, self.test.deciding[:, None])
        right = logits.argmax(1) == self.test.answers
        return {"accuracy": right.float().mean().item(), "found": (on_deciding > 0.5).float().mean().item()}

    def pictures(self) -> Iterator[Picture]:
        """Test stories with the weight of each line, and the accuracy by how far back the deciding line lies."""
        logits, weights = self.net(self.test)
        given = logits.argmax(1)
        yield Picture("stories", self._stories(given, weights))
        ago = self.lines - 1 - self.test.deciding  # (N,)
        counts = torch.bincount(ago)
        shares = torch.bincount(ago, (given == self.test.answers).float()) / counts
        enough = (counts >= FEW).nonzero()[:, 0]
        axes = {"x_title": "lines between the deciding one and the question", "y_title": "accuracy"}
        yield Picture("accuracy by age", curves({"test stories": (enough, shares[enough])}, **axes))

    def _about_asked(self) -> Tensor:
        """(N, L) bool."""
        return self.test.lines[..., 0] == self.test.asked[:, None]

    def _stories(self, given: Tensor, weights: Tensor) -> Spans:
        """The shortest of those whose deciding line is not the last one, and not the only one about this person."""
        old, several = self.test.deciding < self.lines - 1, self._about_asked().sum(1) > 1
        lengths = torch.where(old & several, self.test.there.sum(1), self.lines + 1)
        parts, values, marked = [], [], []
        for row in lengths.argsort(stable=True)[:SHOWN].tolist():
            if given[row] != self.test.answers[row]:
                marked.append(len(parts))
            parts += [f"where is {WORDS[self.test.asked[row]]}? {PLACES[given[row]]}", "\n"]
            values += [torch.nan, torch.nan]
            for line in self.test.there[row].nonzero()[:, 0].tolist():
                parts += [" ".join(WORDS[number] for number in self.test.lines[row, line].tolist()), "\n"]
                values += [float(weights[row, line]), torch.nan]
        title = "test stories: lines by weight"
        limits = torch.tensor([0.0, 1.0]).numpy()
        return Spans(
            parts=parts, values=torch.tensor(values).numpy(), limits=limits, marked=marked, mark="wrong", title=title
        )
