"""Reading digits before nets: features made by hand, then a logistic regression and a forest, on more and more rows."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from dltui.engine.algorithms.hog import histograms, hog
from dltui.engine.contracts.counters import Counters
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.confusion import confusion
from dltui.engine.pictures.edges import edges_picture
from dltui.engine.pictures.montage import montage
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes.metric import Metric

MODELS = ()
METRICS = {
    "accuracy_logistic": Metric(
        "share of the test rows that the logistic regression classifies rightly", better="higher", range=(0, 1)
    ),
    "accuracy_forest": Metric("the same for the random forest", better="higher", range=(0, 1)),
    "rows": Metric("training rows that both have seen"),
}
FEWEST = 30  # rows of the first step; each step takes twice as many
TREES = 100


class Fitted(NamedTuple):
    """What both say of the test rows, (N,) int64 each."""

    rows: int
    logistic: Tensor
    forest: Tensor


def build(*, features: Literal["hog", "pixels"] = "hog", cell: int = 7, bins: int = 9) -> Callable:
    """Returns (data, nets, device) -> Hog.

    features: hog, histograms of oriented gradients; pixels, the picture as it is.
    cell: rows and columns of pixels whose edges are counted together, at least 2.
    bins: directions that are told apart, at least 2.
    """
    return partial(Hog, features=features, cell=cell, bins=bins)


class Hog:
    """A step is a fit on twice as many rows."""

    def __init__(
        self, data: Dataset, nets: dict[str, nn.Module], device: torch.device, features: str, cell: int, bins: int
    ):
        shape = data.train.inputs.shape
        if len(shape) != 4 or min(shape[2:]) < 2 * cell:
            raise DltuiError(
                f"task.cell is {cell}: pictures have to be at least {2 * cell} by {2 * cell} pixels; these data have "
                f"rows of {tuple(shape[1:])}.",
                "Take data.kind=mnist, or a smaller task.cell.",
                ExitStatus.USAGE,
            )
        self.classes, self.features, self.cell, self.bins = data.classes, features, cell, bins
        order = torch.randperm(shape[0])
        self.seed = int(torch.randint(2**31, ()))  # of the forests
        self.test_pictures = as_floats(data.test.inputs).mean(1)  # (N, H, W), grey
        make = partial(hog, cell=cell, bins=bins) if features == "hog" else partial(torch.flatten, start_dim=1)
        self.x, self.y = make(as_floats(data.train.inputs[order]).mean(1)), data.train.targets[order]
        self.test_x, self.test_y = make(self.test_pictures), data.test.targets
        self.place = nets["place"] = Counters(step=0)
        self.fitted: Fitted | None = None

    def advance(self, step: int) -> dict[str, float]:
        self.place["step"] = step
        return {}

    @property
    def _rows(self) -> int:
        doubled = min(max(0, self.place["step"] - 1), 30)
        return min(FEWEST * 2**doubled, len(self.x))

    def _fit(self) -> Fitted:
        """Both on the rows of this step."""
        if self.fitted is None or self.fitted.rows != self._rows:
            from sklearn.ensemble import RandomForestClassifier  # 1.7 s
            from sklearn.linear_model import LogisticRegression

            x, y = self.x[: self._rows].numpy(), self.y[: self._rows].numpy()
            both = LogisticRegression(max_iter=500), RandomForestClassifier(TREES, random_state=self.seed)
            says = [torch.from_numpy(model.fit(x, y).predict(self.test_x.numpy())) for model in both]
            self.fitted = Fitted(self._rows, *says)
        return self.fitted

    def evaluate(self) -> dict[str, float]:
        if not self.place["step"]:
            return {}
        rows, *says = self._fit()
        logistic, forest = ((each == self.test_y).float().mean().item() for each in says)
        return {"accuracy_logistic": logistic, "accuracy_forest": forest, "rows": rows}

    def pictures(self) -> Iterator[Picture]:
        """Another test picture at each step, as it is fed in; then what the logistic regression takes for what."""
        step = self.place["step"]
        if not step:
            return
        row = (step - 1) % len(self.test_pictures)
        logistic, forest = (self.classes[each[row]] for each in self._fit()[1:])
        x, title = self.test_pictures[row], f"after {self._rows} rows"
        says = [f"is {self.classes[self.test_y[row]]}", f"logistic {logistic}, forest {forest}"]
        if self.features == "hog":
            counts = histograms(x[None], self.cell, self.bins)[0]
            yield Picture("edges", edges_picture(x, counts, self.cell, says, title))
        else:
            yield Picture("pixels", montage(x[None, None], captions=["; ".join(says)], title=title))
        yield Picture("confusion", confusion(self.test_y, self._fit().logistic, self.classes))
