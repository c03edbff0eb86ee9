"""What each layer of a densely connected block makes of the layers before it: the mean |w| from layer to layer (Huang
et al. 2017, "Densely connected convolutional networks", arXiv:1608.06993, figure 5)."""

from collections.abc import Callable, Iterator

from dltui.engine.contracts.task import Picture
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Alignment

TASKS = ("classify",)
METRICS = {
    "connections": Metric(
        "connections between layers of the blocks, each layer and the block's input counted as a source",
        whole=True,
    )
}


def build() -> Callable[[Classify], "DenseConnections"]:
    """A matrix for each block of a net with dense blocks."""
    return DenseConnections


class DenseConnections:
    """See contracts.probe.Probe. Nothing is measured or shown of a net without dense blocks."""

    def __init__(self, task: Classify):
        blocks = getattr(task.net, "block", {})
        self.blocks = {name: block for name, block in blocks.items() if hasattr(block, "mean_weights")}

    def evaluate(self) -> dict[str, float]:
        found = [block.mean_weights().isfinite().sum().item() for block in self.blocks.values()]
        return {"connections": sum(found)} if found else {}

    def pictures(self) -> Iterator[Picture]:
        for name, block in self.blocks.items():
            weights = block.mean_weights()
            places = [str(place) for place in range(1, len(weights) + 1)]
            yield Picture(
                f"block {name}",
                Alignment(
                    weights=(weights / weights.nan_to_num(0).max().clamp(min=1e-12)).numpy(),
                    rows=[f"layer {place}" for place in places],
                    columns=["input", *places[:-1]],
                    row_title="to",
                    column_title="from",
                    title="mean |w|, in percent of the greatest",
                ),
            )
