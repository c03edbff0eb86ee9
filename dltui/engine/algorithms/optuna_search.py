"""A search by Optuna (Akiba et al. 2019, arXiv:1907.10902): an objective asks for hyperparameters and reports losses.

The samplers and the pruner are those of `dltui sweep`: the tree-structured Parzen estimator (Bergstra et al. 2011), and
the median rule, which ends a trial that falls behind the median of the trials before.
"""

import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from dltui.engine.contracts.rows import Rows, RowSplit
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.pictures.lines import lines
from dltui.engine.pictures.trials import points_picture, seconds_picture
from dltui.recipes.metric import Metric
from dltui.runs.payloads import Bars, Lines, Path, Scatter
from dltui.search.space import Space

if TYPE_CHECKING:
    import optuna

METRICS = {
    "best": Metric(
        "lowest share of errors on the validation rows of a trial that came to its end",
        better="lower",
        range=(0, 1),
        rows="validation",
    ),
    "late_median": Metric(
        "median share of errors on the validation rows over the newest quarter of the trials",
        range=(0, 1),
        axis="best",
        rows="validation",
    ),
    "test_error": Metric(
        "share of errors of the best trial on the test rows, once all are made",
        better="lower",
        range=(0, 1),
        axis="best",
        rows="test",
    ),
    "steps_trained": Metric("gradient steps of all trials so far", whole=True, unit="steps"),
    "pruned_trials": Metric("trials so far that were ended before their last step", whole=True, unit="trials"),
}
SPACES = (
    Space("lr", low=1e-5, high=1.0, log=True),
    Space("width", low=1, high=64, log=True),
    Space("momentum", low=0.0, high=0.99),
    Space("weight_decay", low=1e-6, high=0.1, log=True),
    Space("activation", choices=("relu", "tanh", "sigmoid")),
)
HELD_OUT = 0.4  # of the training rows, to choose by
REPORTS, BETWEEN = 16, 5  # how often a trial reports its loss, and the steps from one report to the next
GUESSES = 10  # trials at random before TPE learns from them, as in dltui sweep
ENDS = ("errors", "test_errors", "seconds")
WORST = 10.0  # losses are cut here: what diverged has none
CURVES = 8  # of the newest trials that are drawn


def build(
    *, sampler: Literal["tpe", "random"] = "tpe", prune: bool = False, trials: int = 40
) -> Callable[[Context], "OptunaSearch"]:
    """Each step is a trial: a net with one hidden layer, trained by Adam, whose beta1 is searched as momentum.

    sampler: tpe proposes where good trials are dense and bad ones are not; random learns nothing.
    prune: whether a trial ends as soon as its loss is above the median that the trials before had at that step.
    trials: at least 12, at most 400.
    """
    return lambda context: OptunaSearch(
        context.rows.labelled().with_validation(HELD_OUT), sampler, prune, trials, context.seed
    )


class Net(nn.Module):
    """x (N, D) -> logits (N, classes), by one hidden layer; its first weights follow from the seed alone."""

    def __init__(self, inputs: int, width: int, classes: int, activation: str, seed: int):
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.hidden, self.out = nn.Linear(inputs, width), nn.Linear(width, classes)
        self.activation = {"relu": torch.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid}[activation]

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.activation(self.hidden(x.flatten(1))))

    def loss(self, split: RowSplit) -> Tensor:
        """The mean cross-entropy over the rows."""
        return F.cross_entropy(self(split.inputs), split.targets)

    @torch.no_grad()
    def reported(self, split: RowSplit) -> float:
        """The loss as a number, at most WORST."""
        loss = self.loss(split).item()
        return loss if loss < WORST else WORST

    @torch.no_grad()
    def error(self, split: RowSplit) -> float:
        """The share of the rows that it gives a wrong class."""
        return (self(split.inputs).argmax(1) != split.targets).double().mean().item()


class OptunaSearch(nn.Module):
    """Of each trial so far its `values` (n, D), a choice by its number; `losses` (n, REPORTS), NaN after it was pruned;
    `errors` and `test_errors` (n,), shares when it ended; `seconds` (n,).

    The study is made of these anew for every trial, so that a search resumes."""

    def __init__(self, rows: Rows, sampler: str, prune: bool, trials: int, seed: int):
        super().__init__()
        self.rows, self.sampler, self.prune, self.trials, self.seed = rows, sampler, prune, trials, seed
        for name, shape in (("values", (0, len(SPACES))), ("losses", (0, REPORTS)), *((name, 0) for name in ENDS)):
            self.register_buffer(name, torch.zeros(shape, dtype=torch.float64))

    @property
    def done(self) -> bool:
        """Whether all trials are made."""
        return len(self.values) >= self.trials

    def setting(self, trial: int) -> dict[str, object]:
        """The hyperparameters of a trial."""
        numbers = zip(SPACES, self.values[trial].tolist(), strict=True)
        return {
            space.key: space.choices[int(x)] if space.choices else int(x) if space.whole else x for space, x in numbers
        }

    def study(self) -> "optuna.Study":
        """Optuna's study of the trials so far."""
        import optuna

        from dltui.search.sampling import pruner_of, sampler_of

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        study = optuna.create_study(
            sampler=sampler_of(self.sampler, None, self.seed, GUESSES), pruner=pruner_of(self.prune)
        )
        for number, losses in enumerate(self.losses.tolist()):
            reports = {step: loss for step, loss in enumerate(losses) if not math.isnan(loss)}
            ended = len(reports) == REPORTS
            study.add_trial(
                optuna.trial.create_trial(
                    state=optuna.trial.TrialState.COMPLETE if ended else optuna.trial.TrialState.PRUNED,
                    value=self.errors[number].item() if ended else None,
                    params=self.setting(number),
                    distributions={space.key: distribution(space) for space in SPACES},
                    intermediate_values=reports,
                )
            )
        return study

    def objective(self, trial: "optuna.Trial") -> tuple[list[float], Net]:
        """Trains a net with what the trial suggests, and reports its validation loss now and then.

        Returns these losses, fewer where the trial was pruned, and the net.
        """
        lr = trial.suggest_float("lr", 1e-5, 1.0, log=True)
        width = trial.suggest_int("width", 1, 64, log=True)
        momentum = trial.suggest_float("momentum", 0.0, 0.99)
        weight_decay = trial.suggest_float("weight_decay", 1e-6, 0.1, log=True)
        activation = trial.suggest_categorical("activation", ("relu", "tanh", "sigmoid"))
        net = Net(self.rows.train.inputs.flatten(1).shape[1], width, len(self.rows.classes), activation, self.seed)
        adam = torch.optim.Adam(net.parameters(), lr, betas=(momentum, 0.999), weight_decay=weight_decay)
        reported: list[float] = []
        while len(reported) < REPORTS:
            for _ in range(BETWEEN):
                adam.zero_grad()
                net.loss(self.rows.train).backward()
                adam.step()
            reported.append(net.reported(self.rows.validation))
            trial.report(reported[-1], len(reported) - 1)
            if trial.should_prune():
                break
        return reported, net

    def step(self) -> None:
        """The next trial."""
        study = self.study()
        trial, begun = study.ask(), time.process_time()
        with torch.enable_grad():
            reported, net = self.objective(trial)
        ends = {"seconds": time.process_time() - begun}  # the training, and what Optuna asks itself meanwhile
        ends |= {"errors": net.error(self.rows.validation), "test_errors": net.error(self.rows.test)}
        values = [
            space.choices.index(trial.params[space.key]) if space.choices else trial.params[space.key]
            for space in SPACES
        ]
        losses = reported + [math.nan] * (REPORTS - len(reported))
        for name, new in {"values": values, "losses": losses, **ends}.items():
            old = self.get_buffer(name)
            setattr(self, name, torch.cat([old, old.new_tensor(new)[None]]))

    @property
    def pruned(self) -> Tensor:
        """(n,) bool."""
        return self.losses[:, -1].isnan()

    def evaluate(self) -> dict[str, float]:
        """What was found, and what it cost; nothing before the first trial."""
        if not len(self.values):
            return {}
        ended = self.errors.where(~self.pruned, torch.inf)
        found = {
            "best": ended.min().item(),
            "late_median": self.errors[-max(1, self.trials // 4) :].median().item(),
            "steps_trained": BETWEEN * int(self.losses.isfinite().sum()),
            "pruned_trials": int(self.pruned.sum()),
        }
        return found | ({"test_error": self.test_errors[ended.argmin()].item()} if self.done else {})

    def pictures(self) -> Iterator[Picture]:
        """The trials by their order and on the map of two hyperparameters, the best by seconds, the newest curves."""
        if not len(self.values):
            return
        best = self.errors.where(~self.pruned, torch.inf).cummin(0).values
        yield Picture("trials", self._trials(best))
        settings, order = [self.setting(trial) for trial in range(len(self.values))], self.errors.argsort(stable=True)
        yield Picture("tried", points_picture(SPACES, settings, order, "error"))
        yield Picture("best by seconds", seconds_picture(self.seconds, best, "validation error"))
        yield Picture("newest curves", self._curves())
        if self.done:
            yield Picture("importance", self._importance())

    def _trials(self, best: Tensor) -> Scatter:
        """Each trial's validation error when it ended; the line is the best so far (n,)."""
        number = np.arange(1, len(best) + 1)
        return Scatter(
            x=number,
            y=self.errors.numpy(),
            label=self.pruned.long().numpy(),
            classes=["to the end", "pruned"],
            paths=[Path(x=number, y=best.numpy(), name="best so far")],
            x_title="trial",
            y_title="validation error",
        )

    def _curves(self) -> Lines:
        """The losses of the newest trials; those that were pruned end early."""
        first = max(0, len(self.losses) - CURVES)
        steps = BETWEEN * torch.arange(1, REPORTS + 1)
        curves = {f"trial {first + n + 1}": (steps, losses) for n, losses in enumerate(self.losses[first:])}
        return lines(curves, x_title="gradient step", y_title="validation loss", log_y=True)

    def _importance(self) -> Bars:
        """How much of what makes the errors differ each hyperparameter explains, by Optuna's estimate."""
        from optuna.importance import get_param_importances

        found = get_param_importances(self.study())
        return Bars(labels=list(found), values=list(found.values()), title="share of the differences in error")


def distribution(space: Space) -> "optuna.distributions.BaseDistribution":
    """What Optuna draws from for a space."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if space.choices:
        return CategoricalDistribution(space.choices)
    kind = IntDistribution if space.whole else FloatDistribution
    return kind(space.low, space.high, log=space.log)
