"""What goes through a net's activations: where their inputs lie, and what they leave of the rows' differences."""

from collections.abc import Callable, Iterator

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.units import function_picture, layers_picture, passes, spreads
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric

TASKS = ("classify",)
METRICS = {
    "activation_std_ratio": Metric(
        "standard deviation over rows after the last activation over that after the first", log=True, rows="test"
    ),
}
ROWS = 1000  # test rows that are looked at


def build() -> Callable[[Classify], "Activations"]:
    """For a net that is made of torch's activation modules."""
    return Activations


class Activations:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify):
        self.task = task

    def _passes(self) -> list:
        return passes(self.task.net, self.task.rows.test.inputs[:ROWS])

    def evaluate(self) -> dict[str, float]:
        after = spreads(self._passes())
        return {"activation_std_ratio": (after[-1] / after[0]).item()}

    def pictures(self) -> Iterator[Picture]:
        seen = self._passes()
        yield Picture("activation", function_picture(seen))
        yield Picture("layers", layers_picture(seen))
