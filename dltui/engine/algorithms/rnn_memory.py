"""How far back a recurrent net remembers: the adding and the copying problem of Hochreiter and Schmidhuber 1997
("Long short-term memory"), and the gradient against the lag (Bengio, Simard, Frasconi 1994)."""

from collections.abc import Callable, Iterator
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, mse_loss, one_hot

from dltui.engine.contracts.task import Context, Picture
from dltui.engine.layers.adam_in_buffers import AdamInBuffers
from dltui.engine.pictures.lines import lines
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Table

NEEDS_DATA = False
METRICS = {
    "loss": Metric("training loss of a batch of new sequences", better="lower", progress=True, rows="train"),
    "error_short": Metric(
        "error on the shortest test sequences: adding, mean squared; copying, share of symbols that are wrong",
        better="lower", range=(0, None), rows="test",
    ),
    "error_long": Metric(
        "error on the longest test sequences: adding, mean squared; copying, share of symbols that are wrong",
        better="lower", range=(0, None), axis="error_short", rows="test",
    ),
    "trivial": Metric(
        "error of who remembers nothing: of the constant answer 1 in adding, of a guess in copying",
        range=(0, None), axis="error_short", rows="test",
    ),
    "gradient_left": Metric(
        "gradient of the loss in the state after the first step of the longest test sequences, over that one step"
        " before the end", log=True, range=(0, None), rows="test",
    ),
    "gradient_left_untrained": Metric(
        "gradient in the state after the first step of the longest test sequences, over that one step before the"
        " end, before training", log=True, range=(0, None), axis="gradient_left", rows="test",
    ),
}  # fmt: skip
CELLS = {"plain": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
TESTED, SHOWN, LISTED = 200, 32, 8  # test sequences of each length; for the gradient; in the table
SYMBOLS, COPIED = 4, 3  # different symbols, and how many are to be remembered
BLANK, GO = SYMBOLS, SYMBOLS + 1
LEAST = 1e-30  # a gradient that is divided by
LOWEST = 1e-12  # a share that is drawn


def build(
    *,
    cell: Literal["plain", "lstm", "gru"] = "lstm",
    problem: Literal["adding", "copying"] = "adding",
    lengths: list[int] = (5, 10, 25, 50),
    hidden: int = 32,
    batch: int = 64,
    lr: float = 0.02,
    forget_bias: float = 1.0,
) -> Callable[[Context], "RNNMemory"]:
    """Each step trains on a batch of new sequences of one length, drawn from those there are.

    cell: plain, tanh(W [h, x] + b); lstm, with gates and a state that is added to; gru, with two gates and one state.
    problem: adding, the sum of two marked numbers among many; copying, three symbols after a long gap.
    lengths: steps of a sequence in adding, steps between symbols and answer in copying, at least 4, at most 400.
    hidden: units of the cell, at least 1.
    batch: sequences of a step, at least 1.
    lr: learning rate of Adam, above 0.
    forget_bias: what the bias of an LSTM's forget gate begins at; a negative one closes it at first.
    """
    return lambda context: RNNMemory(
        cell, problem, sorted(lengths), (hidden, batch, lr, forget_bias), context.device, context.seed
    )


def adding(count: int, length: int, random: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Returns x (N, T, 2), a number in 0..1 and whether it is marked, and the sum of the two marked ones (N, 1).

    The first stands in the first tenth, the second in the second half.
    """
    numbers = torch.rand(count, length, generator=random)
    early = torch.randint(max(1, length // 10), (count, 1), generator=random)
    late = torch.randint(length // 2, length, (count, 1), generator=random)
    marks = torch.zeros(count, length).scatter_(1, torch.cat([early, late], 1), 1.0)
    return torch.stack([numbers, marks], 2), (numbers * marks).sum(1, keepdim=True)


def copying(count: int, length: int, random: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
    """Returns x (N, T, SYMBOLS + 2) one-hot, and the symbols (N, COPIED) int64 that are to come out after GO.

    T = COPIED + length + COPIED: the symbols, blanks that end with GO, and blanks to write the answer in.
    """
    symbols = torch.randint(SYMBOLS, (count, COPIED), generator=random)
    rest = torch.full((count, length + COPIED), BLANK)
    rest[:, length - 1] = GO
    return one_hot(torch.cat([symbols, rest], 1), SYMBOLS + 2).float(), symbols


PROBLEMS = {"adding": (adding, 2, 1), "copying": (copying, SYMBOLS + 2, SYMBOLS)}  # sequences, numbers in and out


class RNNMemory(nn.Module):
    """A cell and a linear head, trained on sequences drawn anew at every step; judged on sequences of each length."""

    done = False

    def __init__(
        self,
        cell: str,
        problem: str,
        lengths: list[int],
        settings: tuple[int, int, float, float],
        device: torch.device,
        seed: int,
    ):
        super().__init__()
        hidden, self.batch, lr, forget_bias = settings
        self.draw, inputs, outputs = PROBLEMS[problem]
        self.adds, self.lengths, self.device = problem == "adding", lengths, device
        self.cell = CELLS[cell](inputs, hidden, batch_first=True)
        self.head = nn.Linear(hidden, outputs)
        if cell == "lstm":
            with torch.no_grad():
                self.cell.bias_ih_l0[hidden : 2 * hidden] = forget_bias
                self.cell.bias_hh_l0[hidden : 2 * hidden] = 0.0
        self.to(device)
        self.adam = AdamInBuffers([*self.cell.parameters(), *self.head.parameters()], lr)
        random = torch.Generator().manual_seed(seed + 1)
        self.tests = {length: self._moved(self.draw(TESTED, length, random)) for length in lengths}
        with torch.enable_grad():
            self.register_buffer("untrained", self.gradients())

    def _moved(self, sequences: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        return sequences[0].to(self.device), sequences[1].to(self.device)

    def step(self) -> dict[str, float]:
        """One step of Adam on a batch of sequences of one length."""
        length = self.lengths[int(torch.randint(len(self.lengths), ()))]
        x, y = self._moved(self.draw(self.batch, length))
        with torch.enable_grad():
            loss = self.loss(self.answers(self.cell(x)[0]), y)
            self.adam.step(loss)
        return {"loss": loss.item()}

    def answers(self, h: Tensor) -> Tensor:
        """h (B, T, H) -> what is read off the last steps: sums (B, 1), or logits (B, COPIED, SYMBOLS)."""
        return self.head(h[:, -1] if self.adds else h[:, -COPIED:])

    def loss(self, answers: Tensor, y: Tensor) -> Tensor:
        return mse_loss(answers, y) if self.adds else cross_entropy(answers.flatten(0, 1), y.flatten())

    def error(self, length: int) -> float:
        """On the test sequences of one length: mean squared, or the share of symbols that are wrong."""
        x, y = self.tests[length]
        answers = self.answers(self.cell(x)[0])
        return (mse_loss(answers, y) if self.adds else (answers.argmax(2) != y).float().mean()).item()

    def trivial(self) -> float:
        """The error of the answer 1, or of a guess."""
        y = self.tests[self.lengths[-1]][1]
        return mse_loss(torch.ones_like(y), y).item() if self.adds else 1 - 1 / SYMBOLS

    def gradients(self) -> Tensor:
        """|dL/d state| after each step of the longest sequences but the last (T - 1,), of h, and of c in an LSTM.

        The cell is called step by step, or its inner states would not be seen.
        """
        x, y = (part[:SHOWN] for part in self.tests[self.lengths[-1]])
        states, outputs, state = [], [], None
        for x_t in x.split(1, 1):
            h, state = self.cell(x_t, state)
            states.append(state if isinstance(state, tuple) else (state,))
            outputs.append(h)
        loss = self.loss(self.answers(torch.cat(outputs, 1)), y)
        flat = [part for each in states[:-1] for part in each]
        found = torch.autograd.grad(loss, flat, allow_unused=True, materialize_grads=True)
        norms = torch.stack([each.square().sum() for each in found]).view(len(states) - 1, -1)
        return norms.sum(1).sqrt().detach()

    def evaluate(self) -> dict[str, float]:
        """Errors of the shortest and of the longest sequences, and how much of the gradient comes through."""
        with torch.enable_grad():
            now = self.gradients()
        return {
            "error_short": self.error(self.lengths[0]),
            "error_long": self.error(self.lengths[-1]),
            "trivial": self.trivial(),
            "gradient_left": left(now),
            "gradient_left_untrained": left(self.untrained),
        }

    def pictures(self) -> Iterator[Picture]:
        """Error by length; gradient by steps back, now and before training; what is answered."""
        kind = "mean squared error" if self.adds else "share of symbols wrong"
        ends = torch.tensor([self.lengths[0], self.lengths[-1]])
        errors = {
            "this cell": (torch.tensor(self.lengths), torch.tensor([self.error(length) for length in self.lengths])),
            "remembers nothing": (ends, torch.full((2,), self.trivial())),
        }
        gap = "steps of a sequence" if self.adds else "steps between symbols and answer"
        yield Picture("error by length", lines(errors, x_title=gap, y_title=kind))
        with torch.enable_grad():
            now = self.gradients()
        for pane, norms in (("gradient by steps back", now), ("gradient before training", self.untrained)):
            back = torch.arange(len(norms), 0, -1)
            share = (norms / norms[-1].clamp(min=LEAST)).clamp(min=LOWEST)
            axes = {"x_title": "steps back from the end", "y_title": "gradient, share of that one step back"}
            yield Picture(pane, lines({"this cell": (back.flip(0), share.flip(0))}, log_y=True, **axes))
        yield Picture("answers", self._answers())

    def _answers(self) -> Table:
        """Test sequences of the greatest length."""
        x, y = (part[:LISTED] for part in self.tests[self.lengths[-1]])
        found = self.answers(self.cell(x)[0])
        if self.adds:
            rows = [["", f"{a:.2f}", f"{b:.2f}", f"{a - b:+.2f}"] for a, b in zip(found[:, 0], y[:, 0], strict=True)]
            return Table(columns=["cell", "answer", "sum", "error"], rows=rows)
        spelled = [["".join("ABCD"[number] for number in row) for row in each] for each in (found.argmax(2), y)]
        rows = [["", a, b, "" if a == b else "wrong"] for a, b in zip(*spelled, strict=True)]
        return Table(columns=["cell", "answer", "symbols", ""], rows=rows)


def left(norms: Tensor) -> float:
    """norms (T,) -> the first over the last."""
    return (norms[0] / norms[-1].clamp(min=LEAST)).item()
