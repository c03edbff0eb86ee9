"""An algorithm of a run, in the place of a learner: a process that goes on by itself, or a walkthrough."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from importlib import import_module

import torch
from torch import Tensor, nn

from dltui.engine.contracts import kinds
from dltui.engine.contracts.algorithm import Moment
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.training.evaluation_mode import evaluation_mode
from dltui.engine.training.knobs import live_knobs, option_problem
from dltui.engine.training.options import Training, build
from dltui.engine.training.trial import Trials
from dltui.recipes.recipe import Recipe


class AlgorithmRunner:
    """A variant of a recipe with `[algorithm]`: takes its steps, looks at it, keeps its state, as a Learner does."""

    learns = False
    params = 0
    precision = "fp32"

    def __init__(self, series: str, recipe: Recipe, rows: Rows | None, device: torch.device):
        self.series, self.recipe, self.device = series, recipe, device
        self.source = rows.source if rows else "builtin"
        self.all_rows = rows
        self.training: Training = build(**recipe.train)
        self.module = kinds.module("algorithm", recipe.task.kind)
        torch.manual_seed(self.training.seed)
        seed = self.training.seed
        context = Context(rows, {}, device, seed, trials=partial(Trials, device=device, seed=seed))
        self.algorithm = kinds.built("algorithm", recipe.task)(context)
        self.random = torch.get_rng_state()  # its own: all variants draw the same numbers, whatever the others draw
        self.walks = hasattr(self.algorithm, "at")
        needed = ("length",) if self.walks else ("step", "done")
        kinds.require(self.algorithm, needed, self.module, "contracts/algorithm")
        self.looks = [self.algorithm]  # what measures and draws, in the order of the panes
        if hasattr(self.module, "RESULT"):
            result = import_module(f"dltui.engine.results.{self.module.RESULT}")
            kinds.require(self.algorithm, result.NEEDED, self.module, f"results/{self.module.RESULT}")
            self.looks = [result.build()(self.algorithm, context), self.algorithm]
        self.task = self.algorithm
        self.nets: dict[str, nn.Module] = {}  # it trains none, and has no objectives
        self.objectives: list = []
        self.step = self.began = 0  # a walkthrough is shown from its beginning again when some knobs are turned
        self.moment: tuple[tuple, Moment] | None = None  # the newest of a walkthrough
        self.tell = lambda text: None

    def advance(self) -> dict[str, float]:
        """Takes one step, as long as one changes something. Returns what is drawn at every step."""
        self.step += 1
        if self.walks or self.algorithm.done:
            return {}
        torch.set_rng_state(self.random)
        values = self.algorithm.step() or {}
        self.random = torch.get_rng_state()
        return values

    # -- looking ---------------------------------------------------------------------------------------------------

    def evaluation_mode(self) -> AbstractContextManager:
        """As a Learner's."""
        return evaluation_mode((), self.training.seed, self.device)

    def evaluate(self) -> dict[str, float]:
        """As a Learner's."""
        if self.walks:
            values = self._moment().metrics
        else:
            values = {}
            for look in self.looks:
                values |= look.evaluate() if hasattr(look, "evaluate") else {}
        return {name: float(value) for name, value in values.items()}

    def pictures(self) -> Iterator[Picture]:
        """As a Learner's."""
        if self.walks:
            yield from self._moment().pictures
            return
        for look in self.looks:
            if hasattr(look, "pictures"):
                yield from look.pictures()

    def _moment(self) -> Moment:
        """Worked out once: metrics and pictures of a step are asked for one after the other."""
        step = min(self.step - self.began, self.algorithm.length)
        place = (step, *(getattr(self.algorithm, name) for name in getattr(self.module, "LIVE", ())))
        if self.moment is None or self.moment[0] != place:
            self.moment = place, self.algorithm.at(step)
        return self.moment[1]

    # -- knobs -----------------------------------------------------------------------------------------------------

    def knobs(self) -> dict[str, float]:
        """What may be turned while it runs: {"algorithm.stride": 1}."""
        return live_knobs("algorithm", self.module, self.algorithm)

    def problem(self, key: str, value: object) -> str:
        """Returns what is wrong with setting a knob to `value`, in words, or ''."""
        return option_problem("algorithm", self.recipe.task.kind, key.rpartition(".")[2], value)

    def turn(self, key: str, value: float) -> None:
        """Sets a knob. The key is one of `knobs()`, and the value has no `problem`."""
        name = key.rpartition(".")[2]
        setattr(self.algorithm, name, value)
        if name in getattr(self.module, "ANEW", ()):
            self.began = self.step - getattr(self.algorithm, "anew", 0)

    # -- state -----------------------------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Tensor], dict]:
        """Everything that a resume needs: named tensors and JSON values."""
        tensors = {f"{self.series}/random": self.random}
        if isinstance(self.algorithm, nn.Module):
            tensors |= {f"{self.series}/algorithm/{name}": t for name, t in self.algorithm.state_dict().items()}
        live = {name: getattr(self.algorithm, name) for name in getattr(self.module, "LIVE", ())}
        copies = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
        data = self.all_rows.identity if self.all_rows else None
        return copies, {"source": self.source, "data": data, "live": live, "began": self.began}

    def restore(self, tensors: dict[str, Tensor], values: dict, step: int) -> None:
        """Takes back what `state` gave, at `step`. A buffer may have another shape than at the beginning."""
        self.random = tensors[f"{self.series}/random"].cpu()
        prefix = f"{self.series}/algorithm/"
        for name, tensor in tensors.items():
            if name.startswith(prefix):
                place, _, buffer = name.removeprefix(prefix).rpartition(".")
                module = self.algorithm.get_submodule(place)
                now = getattr(module, buffer)
                tensor = tensor.to(now.device if isinstance(now, Tensor) else "cpu", copy=True)
                if isinstance(now, nn.Parameter):
                    now.data = tensor
                else:
                    module.register_buffer(buffer, tensor, persistent=True)
        for name, value in values["live"].items():
            setattr(self.algorithm, name, value)
        self.step, self.began = step, values["began"]
