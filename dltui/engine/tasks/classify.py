"""Classification: one of several classes a row, by cross-entropy or the hinge loss."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from dltui.engine.algorithms.rare_class import scores
from dltui.engine.augmentations.pictures import CHANGES, augmented
from dltui.engine.contracts.dataset import Dataset, as_floats
from dltui.engine.contracts.task import Objective, Picture
from dltui.engine.losses.hinge import ASKED, hinge, leads, strip
from dltui.engine.pictures.confusion import confusion, worst_mistakes
from dltui.engine.pictures.margins import leads_picture
from dltui.engine.pictures.plane import decision_field, hidden_units
from dltui.engine.pictures.samples import SHOWN, change_by_change, trained_on
from dltui.engine.pictures.sounds import hardest_sound
from dltui.engine.pictures.templates import evidence_picture, resemblance, templates_of, templates_picture, typical
from dltui.engine.pictures.thresholds import precision_recall_picture, roc, roc_picture
from dltui.engine.pictures.units import function_picture, layers_picture, passes, spreads
from dltui.engine.pictures.weights import first_units, spread
from dltui.engine.regularizers.elastic_net import elastic, near_zero, weights_of
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.recipes.metric import Metric

MODELS = ("model",)
LIVE = ("threshold",)
METRICS = {
    "loss": Metric("training loss of a batch", better="lower", progress=True),
    "test_loss": Metric("mean loss on the test rows", better="lower"),
    "accuracy": Metric("share of the test rows classified rightly", better="higher", range=(0, 1)),
    "precision": Metric(
        "share of those taken for the second of two classes that belong to it; logistic loss",
        better="higher",
        range=(0, 1),
    ),
    "recall": Metric("share of the second class that is found; logistic loss", better="higher", range=(0, 1)),
    "auc": Metric("area under the ROC curve, for two classes", better="higher", range=(0, 1)),
    "gap": Metric("test_loss less the mean loss on training rows, a thousand at most; where weights are shown"),
    "near_zero": Metric("share of the weights within 0.001 of 0; where weights are shown"),
    "resemblance": Metric(
        "share of the classes whose weights look most like their mean picture; where templates are shown"
    ),
    "paying": Metric("share of the training rows that the hinge loss counts: their class leads by less than 1"),
    "strip": Metric(
        "mean distance from a border to where a class leads by 1, in units of the input; hinge, no hidden layer"
    ),
    "kept": Metric(
        "how unlike test rows are after the last activation, as a share of after the first; where units are shown"
    ),
}
ROWS = 1000  # test rows looked at together


def build(
    *,
    loss: Literal["cross_entropy", "logistic", "hinge"] = "cross_entropy",
    l1: float = 0.0,
    l2: float = 0.0,
    show: Literal["answers", "samples", "weights", "units", "templates", "curves"] = "answers",
    augment: list[str] = (),
    strength: float = 1.0,
    threshold: float = 0.5,
) -> Callable:
    """Returns (data, nets, device) -> Classify.

    loss: cross_entropy, one logit a class; logistic, one logit for two classes; hinge, one score a class, the right one
        to lead each other by 1.
    l1: factor of the sum of the weights' absolute values in the training loss, at least 0.
    l2: factor of the sum of their squares in the training loss, at least 0; with l1 the elastic net.
    show: answers, what is taken for what; samples, pictures as they are trained on; weights, how they are spread, and
        what the first units look at; units, what goes through their activations, layer after layer; templates, what
        each class's weights look for in pictures; curves, no pictures, so that the curves have the screen.
    augment: changes made anew to every picture that is trained on, of flip, crop, rotate, blur, contrast, saturation,
        gamma, cutout.
    strength: how far these changes go, above 0.
    threshold: probability from which a row is taken for the second of two classes, above 0 and below 1; logistic loss.
    """
    return partial(
        Classify, loss=loss, l1=l1, l2=l2, show=show, augment=list(augment), strength=strength, threshold=threshold
    )


class Classify:
    """A net that gives logits (B, classes), or (B, 1) for the logistic loss."""

    def __init__(
        self,
        data: Dataset,
        nets: dict[str, nn.Module],
        device: torch.device,
        loss: str,
        l1: float,
        l2: float,
        show: str,
        augment: list[str],
        strength: float,
        threshold: float,
    ):
        self.net, self.classes = nets["model"], data.classes
        self.logistic, self.hinge = loss == "logistic", loss == "hinge"
        if self.logistic and len(data.classes) != 2:
            raise DltuiError(
                f'task.loss "logistic" is for two classes; these data have {len(data.classes)}.',
                'Set task.loss="cross_entropy".',
                ExitStatus.USAGE,
            )
        self.inputs, self.targets = as_floats(data.train.inputs).to(device), data.train.targets.to(device)
        self.test_inputs, self.test_targets = as_floats(data.test.inputs).to(device), data.test.targets.to(device)
        self.rows, self.rate = len(self.inputs), data.facts.get("rate", 0)
        self.l1, self.l2, self.show = l1, l2, show
        self.augment, self.strength = augment, strength
        self.threshold = threshold if self.logistic else None  # no knob where nothing is decided by it
        _check_augment(augment, show, self.inputs)

    def objectives(self) -> list[Objective]:
        return [Objective("loss", "model", self.loss)]

    def loss(self, rows: Tensor) -> Tensor:
        inputs = augmented(self.inputs[rows], self.augment, self.strength)
        error = self._mean_loss(self.net(inputs), self.targets[rows])
        return error + elastic(self.net, self.l1, self.l2) if self.l1 or self.l2 else error

    def _mean_loss(self, logits: Tensor, targets: Tensor) -> Tensor:
        if self.logistic:
            return binary_cross_entropy_with_logits(logits[:, 0], targets.to(logits.dtype))
        return hinge(logits, targets) if self.hinge else cross_entropy(logits, targets)

    def logits(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> logits (N, ...), a thousand rows at a time."""
        return torch.cat([self.net(part) for part in inputs.split(ROWS)]).float()

    def probabilities(self, inputs: Tensor) -> Tensor:
        """inputs (N, ...) -> probabilities (N, classes); of the hinge loss, which knows none, the scores' softmax."""
        logits = self.logits(inputs)
        if self.logistic:
            positive = torch.sigmoid(logits[:, 0])
            return torch.stack([1 - positive, positive], 1)
        return logits.softmax(1)

    def predicted(self, logits: Tensor) -> Tensor:
        """logits (N, ...) -> the class that each row is taken for (N,)."""
        if self.logistic:
            return (torch.sigmoid(logits[:, 0]) >= self.threshold).long()
        return logits.argmax(1)

    def evaluate(self) -> dict[str, float]:
        logits = self.logits(self.test_inputs)
        predictions = self.predicted(logits)
        values = {
            "test_loss": self._mean_loss(logits, self.test_targets).item(),
            "accuracy": (predictions == self.test_targets).float().mean().item(),
        }
        if len(self.classes) == 2:
            values["auc"] = roc(self.probabilities(self.test_inputs)[:, 1], self.test_targets)[2]
        if self.logistic:
            _, values["precision"], values["recall"], _ = scores(predictions == 1, self.test_targets == 1)
        if self.show == "weights":
            seen = self._mean_loss(self.logits(self.inputs[:ROWS]), self.targets[:ROWS]).item()
            values |= {"gap": values["test_loss"] - seen, "near_zero": near_zero(self.net)}
        if self.hinge:
            values |= self._hinge_values()
        if self.show == "templates" and (templates := self._templates()) is not None:
            values["resemblance"] = resemblance(templates, self.inputs, self.targets)
        if self.show == "units":
            after = spreads(passes(self.net, self.test_inputs[:ROWS]))
            values["kept"] = (after[-1] / after[0]).item()
        return values

    def _hinge_values(self) -> dict[str, float]:
        values = {"paying": (leads(self.logits(self.inputs), self.targets) < ASKED).float().mean().item()}
        weights = weights_of(self.net)
        return values | ({"strip": strip(weights[0])} if len(weights) == 1 else {})

    def _templates(self) -> Tensor | None:
        return templates_of(self.net, self.inputs.shape[1:], len(self.classes))

    def pictures(self) -> Iterator[Picture]:
        """On a plane: the decision field and the hidden units. Else: confusion, and mistakes or thresholds.

        Of sounds, the one that is hardest, to be heard.
        """
        if self.show == "curves":
            return
        if self.show == "units":
            seen = passes(self.net, self.test_inputs[:ROWS])
            yield Picture("activation", function_picture(seen))
            yield Picture("layers", layers_picture(seen))
            return
        if self.show == "weights":
            yield Picture("weights", spread(self.net))
            units = first_units(self.net, self.inputs.shape[1:])
            if units:
                yield Picture("first units", units)
            return
        if self.show == "samples":
            yield from self._samples()
        if self.inputs.shape[1:] == (2,):
            yield from self._plane()
            return
        if self.hinge:
            both = ((self.inputs, self.targets), (self.test_inputs, self.test_targets))
            yield Picture("leads", leads_picture(*(leads(self.logits(inputs), targets) for inputs, targets in both)))
        if self.show == "templates":
            yield from self._what_is_looked_for()
        probabilities = self.probabilities(self.test_inputs)
        predictions = self.predicted(self.logits(self.test_inputs))
        yield Picture("confusion", confusion(self.test_targets, predictions, self.classes))
        if self.rate:
            picture = hardest_sound(self.test_inputs, self.test_targets, probabilities, self.classes, self.rate)
            yield Picture("hardest", picture)
        elif self.test_inputs.dim() == 4:
            mistakes = worst_mistakes(self.test_inputs, self.test_targets, probabilities, self.classes)
            if mistakes:
                yield Picture("mistakes", mistakes)
        elif len(self.classes) == 2:
            yield Picture("ROC", roc_picture(probabilities[:, 1], self.test_targets, self.threshold))
            traded = precision_recall_picture(probabilities[:, 1], self.test_targets, self.threshold)
            yield Picture("thresholds", traded)

    def _samples(self) -> Iterator[Picture]:
        labels = [self.classes[target] for target in self.targets[:SHOWN].tolist()]
        yield Picture("trained on", trained_on(self.inputs[:SHOWN], labels, self.augment, self.strength))
        if self.augment:
            yield Picture("changes", change_by_change(self.inputs[0], self.augment, self.strength))

    def _what_is_looked_for(self) -> Iterator[Picture]:
        """The templates and what they find in a test picture; with a hidden layer, its first units."""
        templates = self._templates()
        if templates is not None:
            yield Picture("templates", templates_picture(templates, self.classes))
            if not self.hinge:
                row = typical(self.test_inputs, self.test_targets, len(self.classes))
                shares, truth = self.probabilities(self.test_inputs[row, None])[0], int(self.test_targets[row])
                picture = evidence_picture(templates, self.test_inputs[row], shares, self.classes, truth)
                yield Picture("one picture", picture)
        elif units := first_units(self.net, self.inputs.shape[1:]):
            yield Picture("first units", units)

    def _plane(self) -> Iterator[Picture]:
        field = decision_field(
            lambda rows: self.probabilities(rows)[:, 1], self.test_inputs, self.test_targets, self.classes
        )
        yield Picture("field", field)
        units = hidden_units(self.net.layers, self.test_inputs) if hasattr(self.net, "layers") else None
        if units:
            yield Picture("hidden units", units)


def _check_augment(names: list[str], show: str, inputs: Tensor) -> None:
    """Raises DltuiError (2) for a change that there is not, and for rows that are no pictures."""
    for name in names:
        if name not in CHANGES:
            hint = f"{did_you_mean(name, CHANGES)} Valid: {', '.join(CHANGES)}."
            raise DltuiError(f'task.augment: there is no change "{name}".', hint, ExitStatus.USAGE)
    if (names or show == "samples") and inputs.dim() != 4:
        raise DltuiError(
            'task.augment changes pictures, and show="samples" shows them; these data are rows of numbers.',
            "Leave both out, or take pictures: dltui kinds data",
            ExitStatus.USAGE,
        )


def facts_for(role: str, facts: dict[str, int]) -> dict[str, int]:
    """The number of logits is the data's number of classes."""
    return {"outputs": facts["classes"]}
