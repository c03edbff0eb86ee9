"""One learner of a run: a variant's nets, optimizers, task, callbacks, probes and batches, and how it takes a step."""

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from dltui.engine.contracts import contract_checks, kinds, own_parts
from dltui.engine.contracts.batch_sampler import BatchSampler
from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Context, Objective, Picture
from dltui.engine.device.device import autocast, free_memory, is_out_of_memory
from dltui.engine.device.skip_nonfinite import skip_nonfinite
from dltui.engine.training.compiling import uncompiled
from dltui.engine.training.distributed import Ranks
from dltui.engine.training.evaluation_mode import evaluation_mode
from dltui.engine.training.knobs import live_knobs, option_problem
from dltui.engine.training.lr_scheduler import BASE, LRScheduler, scale_groups
from dltui.engine.training.options import Training, build
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import parts
from dltui.recipes.recipe import Recipe, Section

KNOBS = ("lr", "momentum", "weight_decay")  # of an optimizer, where it has them


class NonFiniteLoss(Exception):
    """A loss was NaN or infinite; the weights are as they were before it."""

    def __init__(self, name: str, value: float):
        super().__init__(f"{name} is {value}")
        self.name, self.value = name, value


class Learner:
    """A variant in training. `series` is its name, "" where a run has no variants."""

    learns = True

    def __init__(self, series: str, recipe: Recipe, rows: Rows | None, device: torch.device, precision: str = "fp32"):
        self.series, self.recipe, self.device, self.precision = series, recipe, device, precision
        self.source = rows.source if rows else "builtin"
        self.all_rows = rows  # before some are held out for validation
        self.training: Training = build(**recipe.train)
        self.task_module = kinds.module("task", recipe.task.kind)
        if rows:
            rows.one_table(f'task.kind = "{recipe.task.kind}"')
        if rows and self.training.validation:
            rows = rows.with_validation(self.training.validation)
        torch.manual_seed(self.training.seed)
        self.nets = {role: self._net(role, rows) for role in recipe.models}
        self.task = self._task(rows)
        self.callbacks = {name: kinds.made("callback", part, self.task) for name, part in recipe.callbacks.items()}
        self.optimizers = {role: self._optimizer(role) for role in self._trained()}
        self.lr_schedulers = {role: found for role in self.optimizers if (found := self._lr_scheduler(role))}
        self.step = 0
        self.objectives: list[Objective] = self.task.objectives()
        self.batch_sampler = self._batch_sampler()
        self.on_host = rows.train.inputs if rows and rows.train.on_host else None  # of which batches are copied ahead
        self.probes = self._probes()
        self.after_step: Callable[[], None] | None = getattr(self.task, "after_step", None)
        self.before = [part for part in self.callbacks.values() if hasattr(part, "before_step")]
        looking = (*self.callbacks.values(), *self.probes.values())
        self.watching = [part for part in looking if hasattr(part, "after_step")]
        self.pieces = 1  # a batch is taken in this many, where memory is short
        # a CUDA step must not wait for the host: the optimizer itself skips the update of a non-finite loss
        self.guard_on_device = device.type == "cuda"
        self.ranks: Ranks | None = None  # where several processes share each batch
        self.compiled = False  # whether torch.compile has its nets
        self.tell: Callable[[str], None] = lambda text: None

    def _task(self, rows: Rows | None):
        loss, regularizer, augment = (
            kinds.built(section, part) if (part := self.recipe.part(section)) else None
            for section in ("loss", "regularizer", "augment")
        )
        self.loss, self.regularizer = loss, regularizer
        if part := self.recipe.part("loss"):
            kinds.require(
                loss, getattr(self.task_module, "LOSS_HAS", ()), kinds.module("loss", part.kind), "contracts/loss"
            )
            loss = contract_checks.CheckedLoss(loss) if kinds.is_own("loss", part.kind) else loss
        if (part := self.recipe.part("regularizer")) and kinds.is_own("regularizer", part.kind):
            regularizer = contract_checks.CheckedLoss(regularizer, number=True)
        given = {"loss": loss, "regularizer": regularizer, "augment": augment}
        context = Context(rows, self.nets, self.device, self.training.seed, **given, steps=self.training.steps)
        return kinds.made("task", self.recipe.task, context)

    def _batch_sampler(self) -> BatchSampler:
        size = getattr(self.task, "size", 0) or len(self.task.rows.train)
        return BatchSampler(size, self.training.batch, self.training.seed, self.device)

    def _probes(self) -> dict:
        """Name -> probe: the recipe's, or those that its task has where the recipe names none."""
        named = self.recipe.probes
        if named is None:
            named = {kind: Section(kind, {}) for kind in getattr(self.task_module, "PROBES", ())}
        self.probe_sections = named
        return {name: kinds.made("probe", section, self.task) for name, section in named.items()}

    def _net(self, role: str, rows: Rows | None) -> nn.Module:
        facts = kinds.facts_for(self.task_module, role, rows.data if rows else None, self.recipe.part("loss"))
        named = self.recipe.models[role]
        if rows:
            kinds.check_reads(named, facts)
        net = kinds.built("model", named, facts)
        needed = getattr(self.task_module, "NET_HAS", {}).get(role, ())
        kinds.require(net, needed, kinds.module("model", named.kind), "contracts/models")
        shape_of = getattr(self.task_module, "output_shape", None) if kinds.is_own("model", named.kind) else None
        if shape_of and (expected := shape_of(role, facts)) is not None:
            contract_checks.check_outputs(net, expected, kinds.module("model", named.kind))
        return net.to(self.device)

    def _optimizer(self, role: str) -> torch.optim.Optimizer:
        grouping = (part for part in self.callbacks.values() if hasattr(part, "parameter_groups"))
        parameters = next((part.parameter_groups(role) for part in grouping), self.nets[role].parameters())
        optimizer = skip_nonfinite(kinds.made("optimizer", self.recipe.optimizer(role), parameters))
        return scale_groups(optimizer) if "lr_scale" in optimizer.param_groups[0] else optimizer

    def _lr_scheduler(self, role: str) -> LRScheduler | None:
        section = self.recipe.schedule(role)
        if section is None:
            return None
        return LRScheduler(self.optimizers[role], kinds.built("schedule", section), self.training.steps)

    def _trained(self) -> tuple[str, ...]:
        return getattr(self.task_module, "TRAINED", getattr(self.task_module, "MODELS", ("model",)))

    @property
    def params(self) -> int:
        """Weights that are trained."""
        return sum(p.numel() for net in self.nets.values() for p in net.parameters() if p.requires_grad)

    def share(self, ranks: Ranks) -> None:
        """From now on takes its steps with those of other processes, each with its rows of every batch."""
        self.ranks = ranks
        self.batch_sampler.share(ranks.rank, ranks.world)

    # -- a step ----------------------------------------------------------------------------------------------------

    def advance(self) -> dict[str, float | Tensor]:
        """Takes one step: every objective's update on the next batch. Returns {metric: loss}, and scheduled rates.

        Raises NonFiniteLoss before the update that it would have spoiled, DltuiError (6) where one row is too much
        for the memory.
        """
        self.step += 1
        rows = self.batch_sampler.next()
        for callback in self.before:
            callback.before_step(self.step)
        rates = {
            self._rate_name(role): lr_scheduler.set_rate(self.step) for role, lr_scheduler in self.lr_schedulers.items()
        }
        losses = {objective.name: self._update(objective, rows) for objective in self.objectives}
        for role, lr_scheduler in self.lr_schedulers.items():
            lr_scheduler.update(sum(losses[name] for name, of_role, _ in self.objectives if of_role == role), self.step)
        if self.after_step:
            self.after_step()
        for part in self.watching:
            part.after_step(self.step)
        if self.on_host:
            self.copy_ahead(rows)
        return losses | rates

    def copy_ahead(self, done: Tensor) -> None:
        """Begins to copy the next batch, while the device may still compute the step of `done`."""
        if self.step < self.training.steps:
            self.on_host.ahead(*self.batch_sampler.ahead(), done)

    def _rate_name(self, role: str) -> str:
        return "lr" if len(self.optimizers) == 1 else f"{role}_lr"

    def _update(self, objective: Objective, rows: Tensor) -> float | Tensor:
        optimizer = self.optimizers[objective.role]
        while True:
            optimizer.zero_grad(set_to_none=True)
            try:
                value = self.backward(objective, rows, self.batch_sampler.batch)
                break
            except RuntimeError as error:
                if not is_out_of_memory(error):
                    raise
            optimizer.zero_grad(set_to_none=True)
            self._split(len(rows))
        if self.guard_on_device:
            optimizer.found_inf = (~torch.isfinite(value)).float()
        elif not math.isfinite(value):
            optimizer.zero_grad(set_to_none=True)
            raise NonFiniteLoss(objective.name, value)
        if self.training.clip:
            nn.utils.clip_grad_norm_(self.nets[objective.role].parameters(), self.training.clip)
        optimizer.step()
        return value

    def backward(self, objective: Objective, rows: Tensor, whole: int) -> float | Tensor:
        """Gradients of the mean loss over the rows, taken in `pieces`. Returns the loss, on the host if waited for.

        whole: rows of the batch, where several processes share it: gradients and loss are those of the whole.
        """
        wanted = self._wanted(objective)
        if self.ranks:
            with self.ranks.share(whole) as weight, autocast(self.precision, self.device):
                loss = self._checked(objective.loss(rows)) * weight
            loss.backward(inputs=wanted)
            total = self.ranks.summed(self.moved_by(objective), loss.detach())
            return total if self.guard_on_device else total.item()
        if self.pieces == 1:
            with autocast(self.precision, self.device):
                loss = self._checked(objective.loss(rows))
            loss.backward(inputs=wanted)
            return loss.detach() if self.guard_on_device else loss.item()
        total = torch.zeros((), device=self.device)
        for piece in rows.chunk(self.pieces):
            with autocast(self.precision, self.device):
                loss = self._checked(objective.loss(piece)) * (len(piece) / len(rows))
            loss.backward(inputs=wanted)
            total += loss.detach()
        return total if self.guard_on_device else total.item()

    def _wanted(self, objective: Objective) -> list[nn.Parameter] | None:
        """The weights whose gradients are computed, None for all. A generator's loss goes through the discriminator,
        whose own weights it does not move: of these no gradients are needed."""
        if len(self.optimizers) == 1:
            return None
        return [p for p in self.nets[objective.role].parameters() if p.requires_grad] or None

    def moved_by(self, objective: Objective) -> list[nn.Parameter]:
        """The weights that an objective's update moves."""
        return [p for group in self.optimizers[objective.role].param_groups for p in group["params"]]

    def _checked(self, loss: Tensor) -> Tensor:
        """Returns the loss of a step. Raises DltuiError (2) where it is none to be minimised: a part made it so."""
        if fault := contract_checks.scalar_fault(loss, learns=True):
            named = [(section, str(body.get("kind"))) for section, _, body in parts.kind_sections(self.recipe.table)]
            own = [kinds.module(*one).__file__ for one in named if kinds.is_own(*one)]
            place = ", ".join(map(own_parts.name_of, own)) or f'task "{self.recipe.task.kind}"'
            raise own_parts.broken(place, f"the loss of a step is {fault}", contract_checks.SCALAR)
        return loss

    def _split(self, rows: int) -> None:
        if self.ranks:
            raise DltuiError(
                f"{self.device} has not the memory for this process's {rows} rows of a batch.",
                "Go on with more processes, or begin anew with a smaller train.batch.",
                ExitStatus.DEVICE,
            )
        if self.pieces >= rows:
            raise DltuiError(
                f"{self.device} has not the memory for one row of this model.",
                "Make the model smaller, or use a device with more memory: dltui doctor",
                ExitStatus.DEVICE,
            )
        free_memory(self.device)
        self.pieces = min(self.pieces * 2, rows)
        self.tell(f"out of memory: batches of {rows} are taken in {self.pieces} pieces, their gradients added up")

    # -- looking ---------------------------------------------------------------------------------------------------

    def evaluation_mode(self) -> AbstractContextManager:
        """A context for evaluation and pictures: training does not notice them."""
        aside = evaluation_mode(self.nets.values(), self.training.seed, self.device)
        return uncompiled(aside) if self.compiled else aside

    def evaluate(self) -> dict[str, float]:
        """The metrics of the task, of its callbacks and of its probes. Called in `evaluation_mode`."""
        values: dict[str, float] = {}
        for part in (self.task, *self.callbacks.values(), *self.probes.values()):
            if hasattr(part, "evaluate"):
                values |= contract_checks.evaluated(part)
        if self.step == self.training.steps:
            for text in contract_checks.unmeasured((*self.callbacks.values(), *self.probes.values()), values):
                self.tell(text)
        return values

    def pictures(self) -> Iterator[Picture]:
        """The pictures of the task, of its callbacks and of its probes. Called in `evaluation_mode`.

        Those of a callback that measures nothing come last: they are beside the point.
        """
        measuring = [callback for callback in self.callbacks.values() if hasattr(callback, "evaluate")]
        others = [callback for callback in self.callbacks.values() if not hasattr(callback, "evaluate")]
        for part in (self.task, *measuring, *self.probes.values(), *others):
            if hasattr(part, "pictures"):
                yield from contract_checks.pictures_of(part)

    # -- knobs -----------------------------------------------------------------------------------------------------

    def knobs(self) -> dict[str, float]:
        """What may be turned while it runs: {"optimizer.lr": 0.001, "task.noise": ...}."""
        found = {}
        for role, optimizer in self.optimizers.items():
            prefix = "optimizer" if "kind" in self.recipe.table["optimizer"] else f"optimizer.{role}"
            group = optimizer.param_groups[0]
            group = {**group, "lr": group.get(BASE, group["lr"])}
            found |= {f"{prefix}.{name}": group[name] for name in KNOBS if isinstance(group.get(name), float | int)}
        for place, (kind, part) in self._live().items():
            found |= live_knobs(place, kinds.module(place.partition(".")[0], kind), part)
        return found

    def _live(self) -> dict[str, tuple[str, object]]:
        """{place in the recipe: (kind, part)} of everything that may have options to be turned while it runs."""
        found = {"task": (self.recipe.task.kind, self.task)}
        for section in ("loss", "regularizer"):
            if part := self.recipe.part(section):
                found[section] = part.kind, getattr(self, section)
        found |= {
            parts.place_of("model", role): (part.kind, self.nets[role]) for role, part in self.recipe.models.items()
        }
        for section, named, made in (
            ("callback", self.recipe.callbacks, self.callbacks),
            ("probe", self.probe_sections, self.probes),
        ):
            found |= {parts.place_of(section, name): (part.kind, made[name]) for name, part in named.items()}
        return found

    def problem(self, key: str, value: object) -> str:
        """Returns what is wrong with setting a knob to `value`, in words, or ''."""
        place, _, name = key.rpartition(".")
        if place in (live := self._live()):
            return option_problem(place.partition(".")[0], live[place][0], name, value)
        role = place.partition(".")[2] or next(iter(self.optimizers))
        return option_problem("optimizer", self.recipe.optimizer(role).kind, name, value)

    def turn(self, key: str, value: float) -> None:
        """Sets a knob. The key is one of `knobs()`, and the value has no `problem`."""
        place, _, name = key.rpartition(".")
        if place in (live := self._live()):
            setattr(live[place][1], name, value)
            return
        role = place.partition(".")[2]
        for optimizer in [self.optimizers[role]] if role else self.optimizers.values():
            for group in optimizer.param_groups:
                if name in group:
                    group[BASE if name == "lr" and BASE in group else name] = value

    # -- state -----------------------------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Tensor], dict]:
        """Everything a bitwise resume needs of this learner: named tensors and JSON values."""
        tensors, values = {}, {"optimizers": {}, "pieces": self.pieces, "source": self.source}
        values["data"] = self.all_rows.identity if self.all_rows else None
        for role, net in self.nets.items():
            tensors |= {f"{self.series}/net/{role}/{name}": t for name, t in net.state_dict().items()}
        for place, part in self._remembering():
            tensors |= {f"{self.series}/{place}/{key}": t for key, t in part.state_dict().items()}
        for role, optimizer in self.optimizers.items():
            state = optimizer.state_dict()
            loose: dict[str, dict] = {}
            for index, entries in state["state"].items():
                for name, value in entries.items():
                    if isinstance(value, Tensor):
                        tensors[f"{self.series}/optimizer/{role}/{index}/{name}"] = value
                    else:
                        loose.setdefault(str(index), {})[name] = value
            values["optimizers"][role] = {"groups": state["param_groups"], "loose": loose}
        values["lr_schedulers"] = {role: lr_scheduler.state() for role, lr_scheduler in self.lr_schedulers.items()}
        values["live"] = self.knobs()
        return {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}, values

    def _remembering(self) -> Iterator[tuple[str, nn.Module]]:
        """(place, part) of the callbacks and probes that keep something."""
        for section, made in (("callback", self.callbacks), ("probe", self.probes)):
            yield from ((f"{section}/{name}", part) for name, part in made.items() if isinstance(part, nn.Module))

    def restore(self, tensors: dict[str, Tensor], values: dict, step: int) -> None:
        """Takes back what `state` gave, at `step`."""
        self.pieces = values["pieces"]
        for role, net in self.nets.items():
            net.load_state_dict(_under(tensors, f"{self.series}/net/{role}/"))
        for place, part in self._remembering():
            part.load_state_dict(_under(tensors, f"{self.series}/{place}/"))
        for role, optimizer in self.optimizers.items():
            saved = values["optimizers"][role]
            state: dict[int, dict] = {int(index): dict(entries) for index, entries in saved["loose"].items()}
            for name, tensor in _under(tensors, f"{self.series}/optimizer/{role}/").items():
                index, _, entry = name.partition("/")
                state.setdefault(int(index), {})[entry] = tensor
            groups = [{**group, **_tuples(group)} for group in saved["groups"]]
            optimizer.load_state_dict({"state": state, "param_groups": groups})
        for role, lr_scheduler in self.lr_schedulers.items():
            lr_scheduler.restore(values["lr_schedulers"][role])
        for key, value in values["live"].items():
            if not key.startswith("optimizer"):
                self.turn(key, value)
        self.step = step
        self.batch_sampler.seek(step)


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _tuples(group: dict) -> dict:
    """JSON makes lists of an optimizer's pairs, such as Adam's betas."""
    return {name: tuple(value) for name, value in group.items() if isinstance(value, list) and name != "params"}
