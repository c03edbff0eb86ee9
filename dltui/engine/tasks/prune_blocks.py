"""Pruning whole blocks: a residual net learns, loses the blocks that return least, and learns on (arXiv:1605.06431)."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.algorithms.block_ablation import may_go, returned, through
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.models.resnet import Residual
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ("model",)
LIVE = ("share", "tune")
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True),
    "accuracy": Metric("share of the test pictures classified rightly", better="higher", range=(0, 1)),
    "whole": Metric("accuracy of the whole net, just before the first block went"),
    "cost": Metric("accuracy lost since then"),
    "removed": Metric("share of all blocks that are gone"),
    "lost_least": Metric("accuracy that the whole net lost at once without as many blocks, those that returned least"),
    "lost_most": Metric("the same without those that returned most"),
}
HELD = 200  # training pictures, a fifth of them at most, that it is measured on what blocks return
ROWS = 1000  # test pictures looked at together
SHOWN, ACROSS = 24, 8  # test pictures shown with their answers, and how many of them in a row


def build(
    *, share: float = 0.34, criterion: Literal["least", "most", "loss"] = "least", settle: int = 650, tune: int = 90
) -> Callable:
    """Returns (data, nets, device) -> PruneBlocks.

    share: of all blocks that may go, at least 0, below 1.
    criterion: which goes next: least, the block that changes what it gets least; most, the one that changes it most;
        loss, the one without which the loss is least.
    settle: steps before the first block goes, at least 1.
    tune: steps that the others learn on after each, at least 1.
    """
    return partial(PruneBlocks, share=share, criterion=criterion, settle=settle, tune=tune)


class PruneBlocks:
    """A net of kind resnet with its skips. A block whose shortcut changes the shape stays.

    What blocks return is measured on rows held back from training.
    """

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, share: float, criterion: str,
        settle: int, tune: int,
    ):  # fmt: skip
        self.net, self.classes, self.share = nets["model"], data.classes, share
        self.criterion, self.settle, self.tune = criterion, settle, tune
        self.blocks = [block for block in self.net.modules() if isinstance(block, Residual)]
        self.free = [number for number, block in enumerate(self.blocks) if may_go(block)]
        if self._wanted() > len(self.free) or not self.free:
            raise DltuiError(
                f"task.share {share} of {len(self.blocks)} blocks is more than the {len(self.free)} that may go.",
                'Make task.share smaller, or take model.kind="resnet" with model.skips=true and more depth.',
                ExitStatus.USAGE,
            )
        inputs, targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        held = min(HELD, max(1, len(targets) // 5))
        self.held_inputs, self.held_targets = inputs[:held], targets[:held]
        self.inputs, self.targets = inputs[held:], targets[held:]
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows = len(self.inputs)
        self.told = nets["told"] = Told(len(self.blocks), len(self.free))
        self.place = nets["place"] = Counters(step=0, gone=0)

    def _wanted(self) -> int:
        """Blocks that shall go: the share of all, rounded up; a share of 1/3 may be a hair more than 1/3."""
        return math.ceil(self.share * len(self.blocks) - 1e-9)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        return cross_entropy(self.logits(self.inputs[rows], self.kept), self.targets[rows])

    @property
    def kept(self) -> list[bool]:
        return self.told.kept.tolist()

    def logits(self, pictures: Tensor, kept: list[bool]) -> Tensor:
        """pictures (B, C, H, W) -> logits (B, classes) of the net made of the blocks that are kept."""
        maps = through(self.blocks, kept, self._stem(pictures))
        return self.net.head(maps.mean((2, 3)))

    def _stem(self, pictures: Tensor) -> Tensor:
        return self.net.stem(pictures.contiguous(memory_format=torch.channels_last))

    # -- removing --------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def after_step(self) -> None:
        """When its time has come one more block goes, as long as there are more than may stay."""
        self.place["step"] += 1
        since = self.place["step"] - self.settle
        gone = self.place["gone"]
        if since < 0 or since % self.tune or gone >= min(self._wanted(), len(self.free)):
            return
        training = self.net.training
        self.net.eval()
        shares = self.returned()
        (self.told.tuned[gone - 1] if gone else self.told.whole).fill_(self._accuracy(self.kept))
        if not gone:
            self._compare(shares)
        self.told.shares.copy_(torch.where(self.told.kept, shares, self.told.shares))
        self.told.kept[self._next(shares)] = False
        self.told.cut[gone] = self._accuracy(self.kept)
        self.place["gone"] = gone + 1
        self.net.train(training)

    def returned(self) -> Tensor:
        """What each block returns now, as a share of what it gets (blocks); NaN where it is gone."""
        return returned(self.blocks, self.kept, self._stem(self.held_inputs)).to(self.told.shares.device)

    def _next(self, shares: Tensor) -> int:
        """The number of the block that goes."""
        left = [number for number in self.free if self.told.kept[number]]
        if self.criterion == "loss":
            return min(left, key=self._loss_without)
        return (min if self.criterion == "least" else max)(left, key=lambda number: shares[number].item())

    def _loss_without(self, gone: int) -> float:
        kept = [keep and number != gone for number, keep in enumerate(self.kept)]
        return cross_entropy(self.logits(self.held_inputs, kept), self.held_targets).item()

    def _compare(self, shares: Tensor) -> None:
        """Accuracies of the whole net without the first 0, 1, ... blocks of either order, nothing learned between."""
        order = sorted(self.free, key=lambda number: shares[number].item())
        for found, first in ((self.told.least, order), (self.told.most, order[::-1])):
            for count in range(len(first) + 1):
                found[count] = self._accuracy([number not in first[:count] for number in range(len(self.blocks))])

    def _accuracy(self, kept: list[bool]) -> float:
        return (self._answers(self.test_inputs, kept) == self.test_targets).float().mean().item()

    def _answers(self, pictures: Tensor, kept: list[bool]) -> Tensor:
        return torch.cat([self.logits(part, kept).argmax(1) for part in pictures.split(ROWS)])

    def evaluate(self) -> dict[str, float]:
        gone, accuracy = self.place["gone"], self._accuracy(self.kept)
        values = {"accuracy": accuracy, "removed": gone / len(self.blocks)}
        (self.told.tuned[gone - 1] if gone else self.told.whole).fill_(accuracy)
        if gone:
            whole = self.told.whole.item()
            values |= {"whole": whole, "cost": whole - accuracy}
            values |= {"lost_least": whole - self.told.least[gone].item()}
            values |= {"lost_most": whole - self.told.most[gone].item()}
        return values

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        yield Picture("blocks", self._bars())
        yield Picture("accuracy", self._curves())
        yield Picture("answers", self._shown())

    def _bars(self) -> dict:
        """What each block returns, from the input to the head; of one that is gone, what it returned at last."""
        kept = self.told.kept
        values = torch.where(kept, self.returned(), self.told.shares).tolist()
        names = [f"{stage}.{block}" for stage, of in enumerate(self.net.stages, 1) for block in range(1, len(of) + 1)]
        labels = [
            f"{name} {'stays' if number not in self.free else '     ' if kept[number] else 'gone '}"
            for number, name in enumerate(names)
        ]
        hollow = (~kept).nonzero()[:, 0].tolist()
        title = f"|F(x)| / |x| of each block, {len(hollow)} gone"
        return {"type": "bars", "labels": labels, "values": values, "hollow": hollow, "title": title}

    def _curves(self) -> dict:
        """Accuracy against how many blocks are gone: each falls as it goes, and is made up for by learning on."""
        gone = self.place["gone"]
        healing = torch.stack([self.told.cut[:gone], self.told.tuned[:gone]], 1).flatten().tolist()
        counts = list(range(len(self.free) + 1))
        x = [0] + [count for count in counts[1 : gone + 1] for _ in range(2)]
        curves = [{"name": "learning on", "x": x, "y": [self.told.whole.item(), *healing]}]
        if gone:
            for name in ("least", "most"):
                found = self.told.get_buffer(name).tolist()
                curves.append({"name": f"{name}, at once", "x": counts, "y": found})
        return {"type": "lines", "curves": curves, "x_title": "blocks gone", "y_title": "accuracy"}

    def _shown(self) -> dict:
        """The first test pictures and what the net now takes them for."""
        pictures, targets = self.test_inputs[:SHOWN], self.test_targets[:SHOWN].tolist()
        answers = self._answers(pictures, self.kept).tolist()
        names = self.classes
        captions = [names[y] if y == t else f"{names[t]} as {names[y]}" for y, t in zip(answers, targets, strict=True)]
        right = sum(answer == target for answer, target in zip(answers, targets, strict=True))
        title = f"{right} of {len(targets)} right, with {sum(self.kept)} of {len(self.blocks)} blocks"
        return montage(pictures, columns=ACROSS, captions=captions, title=title)


class Told(nn.Module):
    """As buffers: which blocks are kept, what each returned at last, and accuracies on the test pictures.

    `least` and `most` are those of the whole net at once, `cut` and `tuned` those after each block that went.
    """

    def __init__(self, blocks: int, free: int):
        super().__init__()
        self.register_buffer("kept", torch.ones(blocks, dtype=torch.bool))
        self.register_buffer("shares", torch.zeros(blocks))
        self.register_buffer("whole", torch.tensor(torch.nan))
        for name, count in (("least", free + 1), ("most", free + 1), ("cut", free), ("tuned", free)):
            self.register_buffer(name, torch.full((count,), torch.nan))
