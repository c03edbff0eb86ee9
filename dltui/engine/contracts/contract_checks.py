"""What parts must make and return, checked where one of the user's own breaks it: an error says what is expected."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from numbers import Real
from types import ModuleType

import torch
from torch import Tensor, nn

from dltui.engine.contracts import own_parts
from dltui.engine.contracts.algorithm import Moment, is_process, is_walkthrough
from dltui.engine.contracts.dataset import Dataset, facts_of
from dltui.engine.contracts.task import Picture
from dltui.errors import did_you_mean

MADE_FROM = {  # section -> what the function that build() returns is called with
    "algorithm": "the context of the run",
    "task": "the context of the run",
    "probe": "the task",
    "callback": "the task",
    "comparison": "the tasks by variant",
    "optimizer": "the parameters",
}
CALLED = ("regularizer", "augment", "schedule")  # what build() makes of these is called again and again
LOOKS = ("evaluate", "pictures", "before_step", "after_step", "parameter_groups")  # of a probe or a callback, any one
DTYPES = (torch.uint8, torch.float32, torch.int64)  # of rows
ADVERSARIAL = ("discriminator", "generator")  # methods of a loss that are losses
SCALAR = "A loss is a scalar with a gradient: the mean over the rows, such as errors.mean()."


def check_built(section: str, made: object, module: ModuleType) -> None:
    """Raises DltuiError (2) where what a `build()` returned is not what its section needs."""
    place, returned = own_parts.place_of(module.build), f"build() returned {own_parts.described(made)}"
    if not place:
        return
    forgotten = " Is a return missing?" if made is None else ""
    if section == "model" and not isinstance(made, nn.Module):
        call = f" Such as: return {made.__name__}(...)" if isinstance(made, type) else ""
        raise own_parts.broken(place, returned, f"A model is an nn.Module.{forgotten}{call}")
    if section in MADE_FROM:
        _check_maker(section, made, place, returned, forgotten)
    elif made is None or (section in CALLED and not callable(made)):
        raise own_parts.broken(place, returned, f"What it must be stands in {_contract(section)}.{forgotten}")


def _check_maker(section: str, made: object, place: str, returned: str, forgotten: str) -> None:
    needed = f"[{section}] needs a function of {MADE_FROM[section]}, such as a class"
    if not callable(made):
        raise own_parts.broken(place, returned, f"{needed}: return MyPart, or partial(MyPart, key=key).{forgotten}")
    try:
        inspect.signature(made).bind(None)
    except TypeError as error:
        what = f"what build() returned takes other arguments than {MADE_FROM[section]} alone: {error}"
        raise own_parts.broken(place, what, f"{needed}, or functools.partial with the options given.") from None
    except ValueError:
        return  # a function in C, that tells no signature


def check_made(section: str, made: object, module: ModuleType) -> None:
    """Raises DltuiError (2) where what the function that `build()` returned makes is no part of its section."""
    place, given = own_parts.place_of(module.build), own_parts.described(made)
    if not place:
        return
    if section == "optimizer" and not isinstance(made, torch.optim.Optimizer):
        what = f"what build() returned makes {given} of the parameters"
        raise own_parts.broken(place, what, "It must make a torch.optim.Optimizer of them.")
    if section in ("probe", "callback", "comparison") and not any(hasattr(made, name) for name in LOOKS):
        what = f"what build() returned makes {given}, with none of {', '.join(LOOKS)}"
        raise own_parts.broken(place, what, f"What it must have stands in {_contract(section)}.")
    if section == "algorithm" and not (is_process(made) or is_walkthrough(made)):
        what = f"what build() returned makes {given}, which is no algorithm"
        need = "A Process has step() and done, a Walkthrough length and at(step)"
        raise own_parts.broken(place, what, f"{need}: {_contract(section)}.")
    if section == "algorithm" and is_process(made) and not isinstance(made, nn.Module):
        what = f"what build() returned makes {given}, a Process that is no nn.Module"
        raise own_parts.broken(place, what, "A run could not keep its state: make it one, with its state in buffers.")


def _contract(section: str) -> str:
    file = {"regularizer": "loss", "augment": "loss", "comparison": "probe", "data": "dataset"}.get(section, section)
    return f"dltui/engine/contracts/{file}.py"


class CheckedLoss:
    """A loss, or a regularizer, of the user's own: as it is, and what it returns is looked at."""

    def __init__(self, loss: Callable, *, number: bool = False):
        """number: whether it may return a plain number, as a regularizer may."""
        self._loss, self._number = loss, number

    def __getattr__(self, name: str) -> object:
        found = getattr(object.__getattribute__(self, "_loss"), name)
        if name in ADVERSARIAL:
            return partial(self._scalar, found)
        return partial(self._probabilities, found) if name == "probabilities" else found

    def __call__(self, *arguments: object) -> Tensor | float:
        return self._scalar(self._loss, *arguments)

    def _scalar(self, function: Callable, *arguments: object) -> Tensor | float:
        value = function(*arguments)
        if self._number and isinstance(value, int | float):
            return value
        learns = any(isinstance(given, Tensor) and given.requires_grad for given in arguments)
        if fault := scalar_fault(value, learns=learns):
            raise own_parts.broken(self._place(function), f"the loss is {fault}", SCALAR)
        return value

    def _probabilities(self, function: Callable, logits: Tensor) -> Tensor:
        value = function(logits)
        if not isinstance(value, Tensor) or value.dim() != 2 or len(value) != len(logits):
            of = f"{own_parts.described(value)} for logits of shape {tuple(logits.shape)}"
            what = f"the probabilities are {of}"
            raise own_parts.broken(self._place(function), what, "Expected: (B, classes), such as logits.softmax(1).")
        return value

    def _place(self, function: Callable) -> str:
        called = function if hasattr(function, "__func__") else own_parts.called_of(function)
        return own_parts.place_of(called) or type(self._loss).__name__


def scalar_fault(loss: object, *, learns: bool) -> str:
    """What is wrong with the loss of a step, '' for nothing; learns: whether it must have a gradient."""
    if not isinstance(loss, Tensor):
        return own_parts.described(loss) + (" (is a return missing?)" if loss is None else "")
    if loss.dim():
        return own_parts.described(loss)
    if learns and not loss.requires_grad:
        return "without a gradient: somewhere on the way from the weights to it there is .detach(), .item(), .data,"\
            " argmax, round or torch.no_grad()"  # fmt: skip
    return ""


def check_outputs(net: nn.Module, expected: tuple[int | None, ...], module: ModuleType) -> None:
    """Has a net of the user's own tell, at its first call, where it gives rows of another shape than `expected`.

    expected: sizes of one row's output, None for any; module: of the net's `build()`.
    """
    place = own_parts.place_of(type(net).forward) or own_parts.place_of(module.build)

    def look(_net: nn.Module, given: tuple, output: object) -> None:
        hook.remove()
        if not _has_shape(output, expected, given):
            shape = ", ".join(["B", *("any" if want is None else str(want) for want in expected)])
            of = f" for inputs of shape ({', '.join(map(str, given[0].shape))})" if _is_batch(given) else ""
            forgotten = " Is a return missing?" if output is None else ""
            what = f"the net gives {own_parts.described(output)}{of}"
            raise own_parts.broken(place, what, f"Expected: ({shape}), a row for each of B inputs.{forgotten}")

    hook = net.register_forward_hook(look)


def _has_shape(output: object, expected: tuple[int | None, ...], given: tuple) -> bool:
    """Whether an output has the rows of the inputs and the sizes that are expected; of sizes that are no plain numbers,
    in a graph that is being traced, nothing is said."""
    if not isinstance(output, Tensor) or output.dim() != 1 + len(expected):
        return False
    wanted = (given[0].shape[0] if _is_batch(given) else None, *expected)
    plain = [(size, want) for size, want in zip(output.shape, wanted, strict=True) if type(size) is type(want) is int]
    return all(size == want for size, want in plain)


def _is_batch(given: tuple) -> bool:
    return bool(given) and isinstance(given[0], Tensor) and given[0].dim() > 0


# -- what is measured and shown ----------------------------------------------------------------------------------------


def evaluated(part: object) -> dict[str, float]:
    """Returns the metrics of `part.evaluate()` as floats. Raises DltuiError (2) for others than its METRICS declare."""
    return metrics_of(part.evaluate(), part, "evaluate")


def metrics_of(values: object, part: object, method: str, *, declared: bool = True) -> dict[str, float]:
    """Returns what a method of a part measured, as floats, looked at where the part is the user's own.

    declared: whether METRICS must have each name.
    """
    module = own_parts.module_of(part)
    if module is None:
        return {name: float(value) for name, value in values.items()}
    place = own_parts.place_of(getattr(type(part), method, None)) or own_parts.name_of(module.__file__)
    if not isinstance(values, Mapping):
        raise own_parts.broken(place, f"it returned {own_parts.described(values)}", 'Expected: {"metric": number}.')
    known = getattr(module, "METRICS", {})
    for name in values:
        if declared and name not in known:
            what = f'it measures "{name}", which METRICS of this file does not declare'
            raise own_parts.broken(
                place, what, did_you_mean(str(name), known) or 'METRICS = {"name": Metric("meaning")}'
            )
    return {name: _number(value, name, place) for name, value in values.items()}


def _number(value: object, name: str, place: str) -> float:
    if isinstance(value, Real) or (isinstance(value, Tensor) and value.numel() == 1):
        return float(value)
    if getattr(value, "ndim", None) == 0:  # of numpy
        return float(value)
    raise own_parts.broken(
        place, f'"{name}" is {own_parts.described(value)}', "A metric is one number, such as x.mean()."
    )


def unmeasured(parts: Iterable[object], measured: Mapping[str, float]) -> Iterator[str]:
    """What parts of the user's own declare and do not measure, each in words."""
    for module in dict.fromkeys(filter(None, map(own_parts.module_of, parts))):
        missing = [name for name in getattr(module, "METRICS", {}) if name not in measured]
        if missing and module is not None:
            yield f"{own_parts.name_of(module.__file__)}: METRICS declares {', '.join(missing)}, which was not measured"


def pictures_of(part: object) -> Iterator[Picture]:
    """Yields what `part.pictures()` shows. Raises DltuiError (2) for what is no Picture of a part of the user's own."""
    shown = part.pictures()
    if own_parts.module_of(part) is None:
        yield from shown
        return
    place = own_parts.place_of(getattr(type(part), "pictures", None))
    like = 'Expected: yield Picture("pane", Lines(...)), once a picture.'
    if isinstance(shown, str | Mapping) or not isinstance(shown, Iterable):
        raise own_parts.broken(place, f"it returned {own_parts.described(shown)}", like)
    for picture in shown:
        if not isinstance(picture, Picture):
            raise own_parts.broken(place, f"it gave {own_parts.described(picture)}", like)
        yield picture


def moment_of(walkthrough: object, step: int) -> Moment:
    """Returns `walkthrough.at(step)`. Raises DltuiError (2) where that is no Moment."""
    moment = walkthrough.at(step)
    if not isinstance(moment, Moment):
        place = own_parts.place_of(type(walkthrough).at) or type(walkthrough).__name__
        raise own_parts.broken(
            place, f"it returned {own_parts.described(moment)}", "Expected: Moment(metrics, pictures)."
        )
    metrics = metrics_of(moment.metrics, walkthrough, "at")
    return Moment(metrics, moment.pictures)


def checked_dataset(data: object, module: ModuleType) -> Dataset:
    """Returns the rows that a data kind made. Raises DltuiError (2) where one of the user's own made no Dataset."""
    if not own_parts.place_of(module.build):
        return data
    place = own_parts.name_of(module.__file__)
    if not isinstance(data, Dataset):
        forgotten = " Is a return missing?" if data is None else ""
        need = f"Expected: Dataset(train, test, ...), of dltui/engine/contracts/dataset.py.{forgotten}"
        raise own_parts.broken(place, f"its rows are {own_parts.described(data)}", need)
    for name in ("train", "test"):
        _check_split(name, getattr(data, name), place)
    facts = facts_of(data.train.inputs, data.classes)
    if missing := [name for name in facts if name not in data.facts]:
        what = f"facts does not tell {' and '.join(missing)}, which nets are built by"
        raise own_parts.broken(place, what, "Such as: facts_of(train.inputs, classes), of contracts/dataset.py.")
    targets = data.train.targets
    if data.classes and targets.dim() == 1 and not 0 <= int(targets.min()) <= int(targets.max()) < len(data.classes):
        what = f"targets are {int(targets.min())} to {int(targets.max())}, and there are {len(data.classes)} classes"
        raise own_parts.broken(place, what, "A target is the number of a class, from 0.")
    return data


def _check_split(name: str, split: object, place: str) -> None:
    wrong = ""
    if not (isinstance(split, tuple) and len(split) == 2 and all(isinstance(rows, Tensor) for rows in split)):
        wrong = f"{name} is {own_parts.described(split)}"
    elif len(split[0]) != len(split[1]):
        wrong = f"{name} has {len(split[0])} inputs and {len(split[1])} targets"
    elif not len(split[0]):
        wrong = f"{name} has no rows"
    elif any(rows.dtype not in DTYPES for rows in split):
        dtypes = " and ".join(str(rows.dtype).removeprefix("torch.") for rows in split)
        wrong = f"inputs and targets of {name} are {dtypes}"
    if wrong:
        need = "Expected: Split(inputs, targets), a row each; inputs uint8 (pictures), float32, or int64 (symbols)"
        raise own_parts.broken(place, wrong, f"{need}, targets int64 (classes) or float32.")
