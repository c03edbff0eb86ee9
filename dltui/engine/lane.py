"""One lane of a run: a variant's nets, optimizers, task and batches, and how it takes a step."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from dltui import options
from dltui.engine import find
from dltui.engine.dataset import Dataset
from dltui.engine.device import autocast, free_memory, is_out_of_memory
from dltui.engine.feed import Feed
from dltui.engine.pace import BASE, Pace
from dltui.engine.task import Objective
from dltui.engine.training import Training, build
from dltui.errors import DltuiError, ExitStatus
from dltui.recipe import Recipe

KNOBS = ("lr", "momentum", "weight_decay")  # of an optimizer, where it has them


class NonFiniteLoss(Exception):
    """A loss was NaN or infinite; the weights are as they were before it."""

    def __init__(self, name: str, value: float):
        super().__init__(f"{name} is {value}")
        self.name, self.value = name, value


class Lane:
    """A variant in training. `series` is its name, "" where a run has no variants."""

    def __init__(
        self, series: str, recipe: Recipe, data: Dataset | None, device: torch.device, precision: str = "fp32"
    ):
        self.series, self.recipe, self.device, self.precision = series, recipe, device, precision
        self.source = data.source if data else "builtin"
        self.training: Training = build(**recipe.train)
        self.task_module = find.module("task", recipe.task.kind)
        torch.manual_seed(self.training.seed)
        self.nets = {role: self._net(role, data) for role in recipe.models}
        self.task = find.built("task", recipe.task)(data, self.nets, device)
        self.optimizers = {role: self._optimizer(role) for role in self._trained()}
        self.paces = {role: pace for role in self.optimizers if (pace := self._pace(role))}
        self.learns = not hasattr(self.task, "advance")  # else the task takes its steps by itself
        self.step = 0
        self.objectives: list[Objective] = self.task.objectives() if self.learns else []
        self.feed = Feed(self.task.rows, self.training.batch, self.training.seed, device) if self.learns else None
        self.after_step: Callable[[], None] | None = getattr(self.task, "after_step", None)
        self.pieces = 1  # a batch is taken in this many, where memory is short
        # a CUDA step must not wait for the host: the fused optimizer itself skips the update of a non-finite loss
        self.guard_on_device = device.type == "cuda"
        self.tell: Callable[[str], None] = lambda text: None

    def _net(self, role: str, data: Dataset | None) -> nn.Module:
        net = find.built("model", self.recipe.models[role], find.facts_for(self.task_module, role, data))
        return net.to(self.device)

    def _optimizer(self, role: str) -> torch.optim.Optimizer:
        return find.built("optimizer", self.recipe.optimizer(role))(self.nets[role].parameters())

    def _pace(self, role: str) -> Pace | None:
        section = self.recipe.schedule(role)
        if section is None:
            return None
        return Pace(self.optimizers[role], find.built("schedule", section), self.training.steps)

    def _trained(self) -> tuple[str, ...]:
        return getattr(self.task_module, "TRAINED", self.task_module.MODELS)

    @property
    def params(self) -> int:
        """Weights that are trained."""
        return sum(p.numel() for net in self.nets.values() for p in net.parameters() if p.requires_grad)

    # -- a step ----------------------------------------------------------------------------------------------------

    def advance(self) -> dict[str, float | Tensor]:
        """Takes one step: every objective's update on the next batch. Returns {metric: loss}, and scheduled rates.

        Raises NonFiniteLoss before the update that it would have spoiled, DltuiError (6) where one row is too much
        for the memory.
        """
        self.step += 1
        if not self.learns:
            return self.task.advance(self.step)
        rows = self.feed.next()
        rates = {self._rate_name(role): pace.set_rate(self.step) for role, pace in self.paces.items()}
        losses = {objective.name: self._update(objective, rows) for objective in self.objectives}
        for role, pace in self.paces.items():
            pace.saw(sum(losses[name] for name, of_role, _ in self.objectives if of_role == role), self.step)
        if self.after_step:
            self.after_step()
        return losses | rates

    def _rate_name(self, role: str) -> str:
        return "lr" if len(self.optimizers) == 1 else f"{role}_lr"

    def _update(self, objective: Objective, rows: Tensor) -> float | Tensor:
        optimizer = self.optimizers[objective.role]
        while True:
            optimizer.zero_grad(set_to_none=True)
            try:
                value = self._backward(objective, rows)
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

    def _backward(self, objective: Objective, rows: Tensor) -> float | Tensor:
        """Gradients of the mean loss over the rows, taken in `pieces`. Returns the loss, on the host if waited for."""
        if self.pieces == 1:
            with autocast(self.precision, self.device):
                loss = objective.loss(rows)
            loss.backward()
            return loss.detach() if self.guard_on_device else loss.item()
        total = torch.zeros((), device=self.device)
        for piece in rows.chunk(self.pieces):
            with autocast(self.precision, self.device):
                loss = objective.loss(piece) * (len(piece) / len(rows))
            loss.backward()
            total += loss.detach()
        return total if self.guard_on_device else total.item()

    def _split(self, rows: int) -> None:
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

    def aside(self) -> "Aside":
        """A context for evaluation and pictures: training does not notice them."""
        return Aside(self)

    # -- knobs -----------------------------------------------------------------------------------------------------

    def knobs(self) -> dict[str, float]:
        """What may be turned while it runs: {"optimizer.lr": 0.001, "task.noise": ...}."""
        found = {}
        for role, optimizer in self.optimizers.items():
            prefix = "optimizer" if "kind" in self.recipe.table["optimizer"] else f"optimizer.{role}"
            group = optimizer.param_groups[0]
            group = {**group, "lr": group.get(BASE, group["lr"])}
            found |= {f"{prefix}.{name}": group[name] for name in KNOBS if isinstance(group.get(name), float | int)}
        for name in getattr(self.task_module, "LIVE", ()):
            if (value := getattr(self.task, name)) is not None:  # None: it decides nothing in this task
                found[f"task.{name}"] = value
        return found

    def problem(self, key: str, value: object) -> str:
        """Returns what is wrong with setting a knob to `value`, in words, or ''."""
        *place, name = key.split(".")
        if place[0] == "task":
            component = options.find("task", self.recipe.task.kind)
        else:
            role = place[1] if len(place) > 1 else next(iter(self.optimizers))
            component = options.find("optimizer", self.recipe.optimizer(role).kind)
        if isinstance(value, float) and not math.isfinite(value):
            return f"must be finite, not {value}"
        return component.options[name].problem(value)

    def turn(self, key: str, value: float) -> None:
        """Sets a knob. The key is one of `knobs()`, and the value has no `problem`."""
        *place, name = key.split(".")
        if place[0] == "task":
            setattr(self.task, name, value)
            return
        for optimizer in [self.optimizers[place[1]]] if len(place) > 1 else self.optimizers.values():
            for group in optimizer.param_groups:
                if name in group:
                    group[BASE if name == "lr" and BASE in group else name] = value

    # -- state -----------------------------------------------------------------------------------------------------

    def state(self) -> tuple[dict[str, Tensor], dict]:
        """Everything a bitwise resume needs of this lane: named tensors and JSON values."""
        tensors, values = {}, {"optimizers": {}, "pieces": self.pieces, "source": self.source}
        for role, net in self.nets.items():
            tensors |= {f"{self.series}/net/{role}/{name}": t for name, t in net.state_dict().items()}
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
        values["paces"] = {role: pace.state() for role, pace in self.paces.items()}
        values["live"] = {name: getattr(self.task, name) for name in getattr(self.task_module, "LIVE", ())}
        return {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}, values

    def restore(self, tensors: dict[str, Tensor], values: dict, step: int) -> None:
        """Takes back what `state` gave, at `step`."""
        self.pieces = values["pieces"]
        for role, net in self.nets.items():
            net.load_state_dict(_under(tensors, f"{self.series}/net/{role}/"))
        for role, optimizer in self.optimizers.items():
            saved = values["optimizers"][role]
            state: dict[int, dict] = {int(index): dict(entries) for index, entries in saved["loose"].items()}
            for name, tensor in _under(tensors, f"{self.series}/optimizer/{role}/").items():
                index, _, entry = name.partition("/")
                state.setdefault(int(index), {})[entry] = tensor
            groups = [{**group, **_tuples(group)} for group in saved["groups"]]
            optimizer.load_state_dict({"state": state, "param_groups": groups})
        for role, pace in self.paces.items():
            pace.restore(values["paces"][role])
        for name, value in values["live"].items():
            setattr(self.task, name, value)
        self.step = step
        if self.feed:
            self.feed.seek(step)


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def _tuples(group: dict) -> dict:
    """JSON makes lists of an optimizer's pairs, such as Adam's betas."""
    return {name: tuple(value) for name, value in group.items() if isinstance(value, list) and name != "params"}


class Aside:
    """Nets in evaluation mode, no gradients, random numbers of its own: training goes on as if nothing had been."""

    def __init__(self, lane: Lane):
        self.lane = lane
        self.contexts = (torch.random.fork_rng([lane.device] if lane.device.type == "cuda" else []), torch.no_grad())

    def __enter__(self) -> None:
        for context in self.contexts:
            context.__enter__()
        torch.manual_seed(self.lane.training.seed)
        for net in self.lane.nets.values():
            net.eval()

    def __exit__(self, *details: object) -> None:
        for net in self.lane.nets.values():
            net.train()
        for context in reversed(self.contexts):
            context.__exit__(*details)
