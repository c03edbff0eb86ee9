"""What a linear classifier lays on a picture: the weights of each class, and what they find in one picture."""

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from dltui.engine.contracts.task import Picture
from dltui.engine.pictures.montage import montage
from dltui.engine.pictures.weights import first_units
from dltui.engine.regularizers.elastic_net import weights_of
from dltui.engine.tasks.classify import Classify
from dltui.recipes.metric import Metric

TASKS = ("classify",)
METRICS = {
    "resemblance": Metric(
        "share of the classes whose weights look most like their own mean picture; without hidden layers",
        better="higher",
        range=(0, 1),
        rows="train",
    ),
}
# of a number below, at and above 0; each lighter than the one before, so that they can be told apart without colours
AGAINST, NEITHER, FOR = (10, 55, 205), (82, 82, 86), (255, 215, 90)
CUT = 0.03  # of the numbers, the largest of them, are drawn as the one below them: a single pixel would dim the rest
COLUMNS = 4  # in which the templates of ten classes have room on a narrow screen
WIDE = 6  # columns of the second picture, which only wider ones show


def build(*, evidence: bool = True) -> Callable[[Classify], "Templates"]:
    """The weights as pictures; of a net with a hidden layer those of its first units.

    evidence: whether one picture is shown under each template, with the classes' probabilities.
    """
    return lambda task: Templates(task, evidence)


class Templates:
    """See contracts.probe.Probe."""

    def __init__(self, task: Classify, evidence: bool):
        self.task, self.evidence, self.rows = task, evidence, task.rows.pictures()
        self.shape = self.rows.train.stored.shape[1:]

    def evaluate(self) -> dict[str, float]:
        templates = templates_of(self.task.net, self.shape, len(self.rows.classes))
        train = self.rows.train
        return {} if templates is None else {"resemblance": resemblance(templates, train.inputs, train.targets)}

    def pictures(self) -> Iterator[Picture]:
        test, classes = self.rows.test, self.rows.classes
        templates = templates_of(self.task.net, self.shape, len(classes))
        if templates is None:
            if units := first_units(self.task.net, self.shape):
                yield Picture("first units", units)
            return
        yield Picture("templates", templates_picture(templates, classes))
        if self.evidence:
            row = typical(test.inputs, test.targets, len(classes))
            shares = self.task.probabilities(test.inputs[row, None])[0]
            picture = evidence_picture(templates, test.inputs[row], shares, classes, int(test.targets[row]))
            yield Picture("one picture", picture)


def templates_of(net: nn.Module, shape: torch.Size, classes: int) -> Tensor | None:
    """Returns the weights (classes, C, H, W) of a net that is one linear layer over grey or coloured pictures of
    `shape` (C, H, W); None for any other."""
    weights = weights_of(net)
    if len(weights) != 1 or len(shape) != 3 or shape[0] not in (1, 3):
        return None
    (only,) = weights
    return only.view(classes, *shape) if only.shape == (classes, shape.numel()) else None


def resemblance(templates: Tensor, pictures: Tensor, targets: Tensor) -> float:
    """The share of the classes whose template is most like the mean picture (N, C, H, W) of their own class.

    Of both what all classes share is taken away: it decides nothing.
    """
    means = _means(pictures, targets, len(templates))
    similarity = _directions(templates.flatten(1)) @ _directions(means).T  # (templates, means)
    return (similarity.argmax(1).cpu() == torch.arange(len(templates))).float().mean().item()


def typical(pictures: Tensor, targets: Tensor, classes: int) -> int:
    """Returns the row that is most like the mean picture of its class."""
    own = _means(pictures, targets, classes)[targets]
    return int(nn.functional.cosine_similarity(pictures.flatten(1), own).argmax())


def _means(pictures: Tensor, targets: Tensor, classes: int) -> Tensor:
    """pictures (N, C, H, W) -> the mean of each class (classes, inputs), 0 where it has no rows."""
    return torch.stack([pictures[targets == k].mean(0).nan_to_num() for k in range(classes)]).flatten(1)


def _directions(rows: Tensor) -> Tensor:
    return nn.functional.normalize(rows - rows.mean(0), dim=1)


def templates_picture(templates: Tensor, classes: tuple[str, ...]) -> dict:
    """Returns the payload `image` of the templates, one scale for all."""
    title = "yellow +, blue -"
    return montage(_coloured(templates), columns=COLUMNS, captions=list(classes), title=title)


def evidence_picture(templates: Tensor, picture: Tensor, shares: Tensor, classes: tuple[str, ...], truth: int) -> dict:
    """Returns the payload `image` of a picture (C, H, W), and of its product with each template.

    shares (classes,): the softmax of the products' sums, in the captions. truth: its class.
    """
    seen = picture.mean(0, keepdim=True).expand(1, 3, *picture.shape[1:])
    cells = torch.cat([seen, _coloured(templates * picture)])
    captions = [f"is {classes[truth]}", *(f"{name} {share:.0%}" for name, share in zip(classes, shares, strict=True))]
    return montage(cells, columns=WIDE, captions=captions, title="it times each template")


def _coloured(values: Tensor) -> Tensor:
    """(N, C, H, W) of both signs -> (N, 3, H, W) in 0..1, one scale for all."""
    values = values.mean(1, keepdim=True)
    share = (values / values.abs().quantile(1 - CUT).clamp(min=1e-12)).clamp(-1, 1)
    low, middle, high = (torch.tensor(c, device=values.device).view(1, 3, 1, 1) / 255 for c in (AGAINST, NEITHER, FOR))
    return torch.where(share < 0, middle + share.abs() * (low - middle), middle + share.abs() * (high - middle))
