"""An algorithm of a run, in the place of a learner: a process that goes on by itself, or a walkthrough."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from importlib import import_module
from statistics import fmean

import torch
from torch import Tensor, nn

from dltui.engine.contracts import contract_checks, kinds, own_parts
from dltui.engine.contracts.algorithm import Moment, is_walkthrough
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Picture
from dltui.engine.training.evaluation_mode import evaluation_mode
from dltui.engine.training.knobs import live_knobs, option_problem
from dltui.engine.training.options import Training, build
from dltui.engine.training.trial import Trials
from dltui.recipes.recipe import Recipe


class AlgorithmRunner:
    """A variant of a recipe with `[algorithm]`: takes its steps, looks at it, keeps its state, as a Learner does.

    Where several tables were drawn it runs on each: its metrics are means over them, and the first is what is shown.
    """

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
        begun = [self._begun(drawn) for drawn in (rows.draws if rows else [None])]
        self.algorithms, self.looks = zip(*begun, strict=True)  # one a table, and what looks at each
        self.algorithm = self.task = self.algorithms[0]
        self.random = torch.get_rng_state()  # its own: all variants draw the same numbers, whatever the others draw
        self.walks = is_walkthrough(self.algorithm)
        self.own = own_parts.module_of(self.algorithm)  # None where it is one of dltui's
        if rows and self.walks:
            rows.one_table(f'algorithm.kind = "{recipe.task.kind}"')
        self.nets: dict[str, nn.Module] = {}  # it trains none, and has no objectives
        self.objectives: list = []
        self.step = self.began = 0  # a walkthrough is shown from its beginning again when some knobs are turned
        self.moment: tuple[tuple, Moment] | None = None  # the newest of a walkthrough
        self.tell = lambda text: None

    def _begun(self, rows: Rows | None) -> tuple[nn.Module, list]:
        """The algorithm on one table, and what measures and draws it, in the order of the panes."""
        seed, trials = self.training.seed, partial(Trials, device=self.device, seed=self.training.seed)
        context = Context(rows, {}, self.device, seed, trials=trials, steps=self.training.steps)
        algorithm = kinds.made("algorithm", self.recipe.task, context)
        if not hasattr(self.module, "RESULT"):
            return algorithm, [algorithm]
        result = import_module(f"dltui.engine.results.{self.module.RESULT}")
        kinds.require(algorithm, result.NEEDED, self.module, f"results/{self.module.RESULT}")
        return algorithm, [result.build()(algorithm, context), algorithm]

    def advance(self) -> dict[str, float]:
        """Takes one step, as long as one changes something. Returns what is drawn at every step."""
        self.step += 1
        if self.walks:
            return {}
        torch.set_rng_state(self.random)
        values = [self._step(each) for each in self.algorithms if not each.done]
        self.random = torch.get_rng_state()
        return _means(values)

    def _step(self, algorithm: nn.Module) -> dict[str, float]:
        values = algorithm.step()
        if values is not None and self.own:
            return contract_checks.metrics_of(values, algorithm, "step")
        return values or {}

    # -- looking ---------------------------------------------------------------------------------------------------

    def evaluation_mode(self) -> AbstractContextManager:
        """As a Learner's."""
        return evaluation_mode((), self.training.seed, self.device)

    def evaluate(self) -> dict[str, float]:
        """As a Learner's."""
        values = self._moment().metrics if self.walks else _means([_evaluated(looks) for looks in self.looks])
        if self.step == self.training.steps:
            for text in contract_checks.unmeasured([self.algorithm], values):
                self.tell(text)
        return {name: float(value) for name, value in values.items()}

    def pictures(self) -> Iterator[Picture]:
        """As a Learner's; of several tables, the first."""
        if self.walks:
            yield from self._moment().pictures
            return
        for look in self.looks[0]:
            if hasattr(look, "pictures"):
                yield from contract_checks.pictures_of(look)

    def _moment(self) -> Moment:
        """Worked out once: metrics and pictures of a step are asked for one after the other."""
        step = min(self.step - self.began, self.algorithm.length)
        place = (step, *(getattr(self.algorithm, name) for name in getattr(self.module, "LIVE", ())))
        if self.moment is None or self.moment[0] != place:
            self.moment = place, contract_checks.moment_of(self.algorithm, step)
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
        for algorithm in self.algorithms:
            setattr(algorithm, name, value)
        if name in getattr(self.module, "ANEW", ()):
            self.began = self.step - getattr(self.algorithm, "anew", 0)

    # -- state -----------------------------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Tensor], dict]:
        """Everything that a resume needs: named tensors and JSON values."""
        tensors = {f"{self.series}/random": self.random}
        for prefix, algorithm in self._prefixes():
            if isinstance(algorithm, nn.Module):
                tensors |= {f"{prefix}{name}": t for name, t in algorithm.state_dict().items()}
        live = {name: getattr(self.algorithm, name) for name in getattr(self.module, "LIVE", ())}
        copies = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
        data = self.all_rows.identity if self.all_rows else None
        return copies, {"source": self.source, "data": data, "live": live, "began": self.began}

    def restore(self, tensors: dict[str, Tensor], values: dict, step: int) -> None:
        """Takes back what `state` gave, at `step`. A buffer may have another shape than at the beginning."""
        self.random = tensors[f"{self.series}/random"].cpu()
        for prefix, algorithm in self._prefixes():
            kept = {name.removeprefix(prefix): t for name, t in tensors.items() if name.startswith(prefix)}
            _restore(algorithm, kept)
            for name, value in values["live"].items():
                setattr(algorithm, name, value)
        self.step, self.began = step, values["began"]

    def _prefixes(self) -> Iterator[tuple[str, nn.Module]]:
        """How the names of a state's tensors begin, and the algorithm whose they are."""
        for number, algorithm in enumerate(self.algorithms):
            yield f"{self.series}/algorithm{number or ''}/", algorithm


def _restore(algorithm: nn.Module, tensors: dict[str, Tensor]) -> None:
    """Puts tensors in the places that their names say."""
    for name, tensor in tensors.items():
        place, _, buffer = name.rpartition(".")
        module = algorithm.get_submodule(place)
        now = getattr(module, buffer)
        tensor = tensor.to(now.device if isinstance(now, Tensor) else "cpu", copy=True)
        if isinstance(now, nn.Parameter):
            now.data = tensor
        else:
            module.register_buffer(buffer, tensor, persistent=True)


def _evaluated(looks: list) -> dict[str, float]:
    values = {}
    for look in looks:
        values |= contract_checks.evaluated(look) if hasattr(look, "evaluate") else {}
    return values


def _means(of_tables: list[dict[str, float]]) -> dict[str, float]:
    """The mean, over tables, of the metrics that every one of them has."""
    if len(of_tables) < 2:
        return of_tables[0] if of_tables else {}
    names = [name for name in of_tables[0] if all(name in values for values in of_tables)]
    return {name: fmean(float(values[name]) for values in of_tables) for name in names}
