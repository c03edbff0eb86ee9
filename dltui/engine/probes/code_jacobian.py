"""How much an autoencoder's code changes with its picture: the Jacobian dh/dx (Rifai et al. 2011, "Contractive
auto-encoders: explicit invariance during feature extraction", section 5).
"""

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor
from torch.func import jacrev, vmap

from dltui.engine.contracts.task import Picture, Task
from dltui.engine.pictures.lines import lines
from dltui.engine.regularizers.contraction import squared_norm
from dltui.recipes.metric import Metric

TASKS = ("autoencode",)
METRICS = {
    "jacobian": Metric("mean Frobenius norm of dh/dx at test pictures", better="lower", range=(0, None), rows="test"),
    "noise_reaction": Metric(
        "mean change of a test picture's code by noise over the mean distance of two test pictures' codes",
        better="lower", range=(0, None), rows="test",
    ),
    "formula_error": Metric(
        "largest relative difference of |dh/dx|^2 by the formula of one sigmoid layer and by automatic differentiation",
        better="lower", range=(0, None), rows="test", check=True,
    ),
}  # fmt: skip
WATCHED = 64  # test pictures whose Jacobian is computed
SEED = 0  # of the noise: the same each time


def build(*, noise: float = 0.1) -> Callable[[Task], "CodeJacobian"]:
    """For the model tied_autoencoder.

    noise: standard deviation of the noise that test pictures get, above 0, where white is 1.
    """
    return partial(CodeJacobian, noise=noise)


class CodeJacobian:
    """See contracts.probe.Probe."""

    def __init__(self, task: Task, noise: float):
        self.task, self.inputs = task, task.rows.test.inputs
        drawn = torch.randn(self.inputs.shape, generator=torch.Generator().manual_seed(SEED))
        self.noisy = self.inputs + noise * drawn.to(self.inputs)

    def jacobians(self) -> Tensor:
        """dh/dx (WATCHED, latent, D) by automatic differentiation."""
        few = self.inputs[:WATCHED]
        found = vmap(jacrev(lambda picture: self.task.embed(picture[None])[0]))(few)
        return found.flatten(2)

    def evaluate(self) -> dict[str, float]:
        h, net = self.task.embed(self.inputs), self.task.net
        found = {
            "jacobian": squared_norm(h, net.W).sqrt().mean().item(),
            "noise_reaction": ((self.task.embed(self.noisy) - h).norm(dim=1).mean() / torch.pdist(h).mean()).item(),
        }
        exact, formula = self.jacobians().square().sum((1, 2)), squared_norm(h[:WATCHED], net.W)
        return found | {"formula_error": (formula / exact - 1).abs().max().item()}

    def pictures(self) -> Iterator[Picture]:
        values = torch.linalg.svdvals(self.jacobians()).mean(0)  # (min(latent, D),)
        curves = {"mean of test pictures": (torch.arange(1, len(values) + 1), values)}
        titles = {"x_title": "direction, the most sensitive first", "y_title": "singular value"}
        yield Picture("singular values of dh/dx", lines(curves, **titles))
