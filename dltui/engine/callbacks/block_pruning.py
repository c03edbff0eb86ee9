"""Pruning whole blocks: a residual net learns, loses blocks, and learns on (Veit, Wilber, Belongie 2016,
arXiv:1605.06431).

A block makes y = relu(F(x) + s(x)) of x: `residual` is F, `skip` is s, x itself but where the shape changes. Taken out
it hands x through, and those behind it hardly notice if F(x) was small.
"""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from dltui.engine.contracts.task import Picture
from dltui.engine.models.resnet import Residual
from dltui.engine.pictures.montage import montage
from dltui.engine.tasks.classify import Classify
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Curve, Lines

TASKS = ("classify",)
LIVE = ("share", "finetune_steps")
METRICS = {
    "removed": Metric("share of all blocks that are removed", range=(0, 1)),
    "full_accuracy": Metric(
        "accuracy of the net before the first block is removed", better="higher", range=(0, 1), rows="test"
    ),
    "accuracy_drop": Metric("accuracy lost since the first block was removed", better="lower", rows="test"),
    "drop_smallest": Metric(
        "accuracy lost by removing as many blocks at once, of the smallest residual share",
        axis="accuracy_drop",
        rows="test",
    ),
    "drop_largest": Metric(
        "accuracy lost by removing as many blocks at once, of the largest residual share",
        axis="accuracy_drop",
        rows="test",
    ),
}
SHOWN, ACROSS = 24, 8  # test pictures shown with their predictions, and how many of them in a row


def build(
    *,
    share: float = 0.34,
    criterion: Literal["smallest", "largest", "loss"] = "smallest",
    start_step: int = 650,
    finetune_steps: int = 90,
) -> Callable[[Classify], "BlockPruning"]:
    """For a net of kind resnet with its skips; it needs validation rows.

    share: of all blocks that may be removed, at least 0, below 1.
    criterion: which is removed next: the block of the smallest residual share |F(x)| / |x| on validation rows, that of
        the largest; loss, the one without which their loss is least.
    start_step: steps before the first block is removed, at least 1.
    finetune_steps: steps that the others learn on after each, at least 1.
    """
    return partial(BlockPruning, share=share, criterion=criterion, start_step=start_step, finetune_steps=finetune_steps)


class BlockPruning(nn.Module):
    """See contracts.callback.Callback. A block whose shortcut changes the shape stays.

    As buffers: which blocks are kept, the residual share of each at last, and accuracies on the test pictures:
    `smallest` and `largest` those of the full net at once, `untuned` and `tuned` those after each block removed.
    """

    def __init__(self, task: Classify, share: float, criterion: str, start_step: int, finetune_steps: int):
        super().__init__()
        self.task, self.rows, self.share, self.criterion = task, task.rows.pictures().validated(), share, criterion
        self.start_step, self.finetune_steps = start_step, finetune_steps
        # not registered here: they are the net's, and saved with it
        self.blocks = tuple(block for block in task.net.modules() if isinstance(block, Residual))
        self.free = [number for number, block in enumerate(self.blocks) if removable(block)]
        if self._wanted() > len(self.free) or not self.free:
            raise DltuiError(
                f"callback.share {share} of {len(self.blocks)} blocks is more than the {len(self.free)} that may be"
                " removed.",
                'Make callback.share smaller, or take model.kind="resnet" with model.skips=true and more depth.',
                ExitStatus.USAGE,
            )
        self.register_buffer("kept", torch.ones(len(self.blocks), dtype=torch.bool))
        self.register_buffer("shares", torch.zeros(len(self.blocks)))
        self.register_buffer("full", torch.tensor(torch.nan))
        for name, count in (("smallest", 1), ("largest", 1), ("untuned", 0), ("tuned", 0)):
            self.register_buffer(name, torch.full((len(self.free) + count,), torch.nan))
        self.register_load_state_dict_post_hook(lambda module, keys: module._activate(module.kept.tolist()))

    def _wanted(self) -> int:
        """Blocks that shall be removed: the share of all, rounded up; a share of 1/3 may be a hair more than 1/3."""
        return math.ceil(self.share * len(self.blocks) - 1e-9)

    def _activate(self, kept: list[bool]) -> None:
        for block, keep in zip(self.blocks, kept, strict=True):
            block.active = keep

    @contextmanager
    def without(self, gone: list[int]) -> Iterator[None]:
        """The net without these blocks for a while."""
        kept = self.kept.tolist()
        self._activate([keep and number not in gone for number, keep in enumerate(kept)])
        try:
            yield
        finally:
            self._activate(kept)

    # -- removing --------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def after_step(self, step: int) -> None:
        """When its time has come one more block is removed, as long as there are more than may stay."""
        since, removed = step - self.start_step, self._removed()
        if since < 0 or since % self.finetune_steps or removed >= min(self._wanted(), len(self.free)):
            return
        self.task.net.eval()
        shares = self.residual_shares()
        (self.tuned[removed - 1] if removed else self.full).fill_(self.accuracy())
        if not removed:
            self._at_once(shares)
        self.shares.copy_(torch.where(self.kept, shares, self.shares))
        self.kept[self._next(shares)] = False
        self._activate(self.kept.tolist())
        self.untuned[removed] = self.accuracy()
        self.task.net.train()

    def _removed(self) -> int:
        return sum(not block.active for block in self.blocks)

    def residual_shares(self) -> Tensor:
        """|F(x)| / |x| of each block now (blocks,), on the validation rows; NaN where it is removed."""
        x = self.task.net.stem(self.rows.validation.inputs.contiguous(memory_format=torch.channels_last))
        return residual_shares(self.blocks, x)

    def _next(self, shares: Tensor) -> int:
        """The number of the block that is removed."""
        left = [number for number in self.free if self.kept[number]]
        if self.criterion == "loss":
            return min(left, key=self.loss_without)
        return (min if self.criterion == "smallest" else max)(left, key=lambda number: shares[number].item())

    def loss_without(self, gone: int) -> float:
        """The mean loss on the validation rows without one block more."""
        with self.without([gone]):
            return cross_entropy(self.task.net(self.rows.validation.inputs), self.rows.validation.targets).item()

    def _at_once(self, shares: Tensor) -> None:
        """Accuracies of the full net without the first 0, 1, ... blocks of either order, nothing learned between."""
        order = sorted(self.free, key=lambda number: shares[number].item())
        for found, first in ((self.smallest, order), (self.largest, order[::-1])):
            for count in range(len(first) + 1):
                with self.without(first[:count]):
                    found[count] = self.accuracy()

    def accuracy(self) -> float:
        """The share of the test pictures that the net as it is classifies rightly."""
        test = self.rows.test
        return (self.task.logits(test.inputs).argmax(1) == test.targets).float().mean().item()

    def evaluate(self) -> dict[str, float]:
        removed, accuracy = self._removed(), self.accuracy()
        values = {"removed": removed / len(self.blocks)}
        (self.tuned[removed - 1] if removed else self.full).fill_(accuracy)
        if removed:
            full = self.full.item()
            values |= {"full_accuracy": full, "accuracy_drop": full - accuracy}
            values |= {"drop_smallest": full - self.smallest[removed].item()}
            values |= {"drop_largest": full - self.largest[removed].item()}
        return values

    # -- pictures --------------------------------------------------------------------------------------------------

    def pictures(self) -> Iterator[Picture]:
        yield Picture("blocks", self._bars())
        yield Picture("accuracy", self._curves())
        yield Picture("predictions", self._shown())

    def _bars(self) -> Bars:
        """The residual share of each block, from the input to the head; of one that is removed, the last."""
        values = torch.where(self.kept, self.residual_shares(), self.shares).tolist()
        stages = enumerate(self.task.net.stages, 1)
        names = [f"{stage}.{block}" for stage, blocks in stages for block in range(1, len(blocks) + 1)]
        labels = [
            f"{name} {'stays' if number not in self.free else '     ' if self.kept[number] else 'gone '}"
            for number, name in enumerate(names)
        ]
        hollow = (~self.kept).nonzero()[:, 0].tolist()
        title = f"|F(x)| / |x| of each block, {len(hollow)} gone"
        return Bars(labels=labels, values=values, hollow=hollow, title=title)

    def _curves(self) -> Lines:
        """Accuracy against how many blocks are removed: it falls with each, and is made up for by learning on."""
        removed, full = self._removed(), self.full.item()
        healing = torch.stack([self.untuned[:removed], self.tuned[:removed]], 1).flatten().tolist()
        counts = list(range(len(self.free) + 1))
        x = [0] + [count for count in counts[1 : removed + 1] for _ in range(2)]
        curves = [Curve(name="fine-tuned", x=x, y=[full, *healing])]
        if removed:
            at_once = {"smallest": self.smallest, "largest": self.largest}
            curves += [Curve(name=f"{name}, at once", x=counts, y=found.tolist()) for name, found in at_once.items()]
        return Lines(curves=curves, x_title="blocks removed", y_title="accuracy")

    def _shown(self) -> dict:
        """The payload `image`: the first test pictures and what they are now taken for."""
        pictures, labels = self.rows.test.inputs[:SHOWN], self.rows.test.targets[:SHOWN].tolist()
        predictions, names = self.task.logits(pictures).argmax(1).tolist(), self.rows.classes
        pairs = list(zip(predictions, labels, strict=True))
        captions = [names[y] if y == label else f"{names[label]} as {names[y]}" for y, label in pairs]
        kept = len(self.blocks) - self._removed()
        right = sum(y == label for y, label in pairs)
        title = f"{right} of {len(labels)} right, with {kept} of {len(self.blocks)} blocks"
        return montage(pictures, columns=ACROSS, captions=captions, title=title)


def removable(block: Residual) -> bool:
    """Whether the net can do without the block: not where its shortcut changes the shape of x."""
    return isinstance(block.skip, nn.Identity)


def residual_shares(blocks: tuple[Residual, ...], x: Tensor) -> Tensor:
    """Returns |F(x)| / |s(x)| of each block (blocks,), the mean over the rows x (B, C, H, W); NaN of one taken out."""
    found = torch.full((len(blocks),), torch.nan)
    for number, block in enumerate(blocks):
        if not block.active:
            continue
        F, s = block.residual(x), block.skip(x)  # both (B, C', H', W')
        found[number] = (F.flatten(1).norm(dim=1) / s.flatten(1).norm(dim=1).clamp(min=1e-9)).mean()
        x = torch.relu(F + s)
    return found
