"""The nets of a run as ONNX, a file each, compared with onnxruntime's answers before they are called written."""

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn

from dltui.engine.commands.export.distance import distance
from dltui.engine.commands.export.entries import Entry, entries_of, unwrapped
from dltui.engine.commands.saved_run import Tell, open_learners, step_used
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.run import Run
from dltui.text import clean_line

OTHER_ROWS = 3  # of the example that tells whether other numbers of rows work than those of the one that is traced
TOLERANCE = 1e-4  # of the largest number that a net gives


class AsNet(nn.Module):
    """A method of a net, of one tensor, in the place of its `forward`."""

    def __init__(self, net: nn.Module, entry: Entry):
        super().__init__()
        self.net, self.entry = net, entry

    def forward(self, inputs: Tensor) -> object:
        return self.entry.of(self.net)(inputs)


def write(run: Run, out: Path, variant: str, tell: Tell) -> Iterator[tuple[Path, str, dict]]:
    """Yields each file, how far onnxruntime's answers are from torch's, and the step. Raises DltuiError where they
    differ, and (2) for a run or a net that ONNX cannot hold."""
    learners = [(learner, entries_of(learner)) for learner in open_learners(run, variant, tell)]
    if not any(asked for _, asked in learners):
        raise DltuiError(f"{run.id} trained no nets.", f"Its numbers: dltui export {run.id} --to csv", ExitStatus.USAGE)
    for learner, asked in learners:
        for role, entries in asked.items():
            if not entries:
                raise _cannot(run, role, "the task asks it for what is no plain tensor")
            for entry in entries:
                name = "-".join(filter(None, [learner.series, role, entry.method]))
                yield *_checked(run, learner, role, entry, out / f"{name}.onnx"), step_used(run, learner)


def _checked(run: Run, learner: Learner, role: str, entry: Entry, path: Path) -> tuple[Path, str]:
    """Writes the net of a role as it is asked by an entry; returns the file and what is to be said of it."""
    net, inputs = unwrapped(learner.nets[role]).eval(), entry.inputs
    net = AsNet(net, entry).eval() if entry.method else net
    any_rows = _written(run, role, net, inputs, path)
    checked = [inputs, *([_with_rows(inputs, OTHER_ROWS)] if any_rows else [])]
    apart = max(_distance(net, one, path) for one in checked)
    if apart > TOLERANCE:
        path.unlink()
        raise DltuiError(
            f"{role}: onnxruntime's answer differs from torch's by {apart:.2g} of its size.",
            f"The weights as they are: dltui export {run.id} --to safetensors",
        )
    shapes = ", ".join("x".join(map(str, ["N" if any_rows else len(x), *x.shape[1:]])) for x in inputs)
    return path, f"takes {shapes}; onnxruntime differs from torch by {apart:.1g} of the largest number"


def _written(run: Run, role: str, net: nn.Module, inputs: tuple[Tensor, ...], path: Path) -> bool:
    """Writes the net; returns whether it takes any number of rows, else only as many as the example has."""
    any_rows = tuple({0: torch.export.Dim("rows", min=1)} for _ in inputs)
    logging.disable(logging.WARNING)  # torch tells of its own parts
    try:
        with warnings.catch_warnings(action="ignore"):
            for shapes in (any_rows, None):
                try:
                    torch.onnx.export(
                        net, inputs, path, input_names=_names(inputs), dynamic_shapes=shapes, dynamo=True,
                        external_data=False, verbose=False,
                    )  # fmt: skip
                    return shapes is not None
                except Exception as error:  # whatever torch.export meets: the second try is narrower
                    fault = error
        if any(isinstance(layer, nn.RNNBase) for layer in net.modules()) and _traced(net, inputs, path):
            return True
    finally:
        logging.disable(logging.NOTSET)
    path.unlink(missing_ok=True)
    raise _cannot(run, role, _reason(fault))


def _traced(net: nn.Module, inputs: tuple[Tensor, ...], path: Path) -> bool:
    """Writes a recurrent net by torch's older exporter, which knows packed sequences; returns whether it could.

    A tracer takes one way through `if` and `for`, and is right only where torch's own layers decide so.
    """
    names = _names(inputs)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            torch.onnx.export(
                net, inputs, path, input_names=names, dynamic_axes={name: {0: "rows"} for name in names}, dynamo=False
            )
        except Exception:  # the newer exporter's reason is told
            return False
    layers = Path(torch.__file__).parent
    guessed = [one for one in told if issubclass(one.category, torch.jit.TracerWarning)]
    return all(layers in Path(one.filename).parents for one in guessed)


def _names(inputs: tuple[Tensor, ...]) -> list[str]:
    return [f"input{number or ''}" for number in range(len(inputs))]


def _reason(fault: BaseException) -> str:
    """What stopped torch at last: it wraps that in words about its own steps."""
    while fault.__cause__:
        fault = fault.__cause__
    first = str(fault).strip().partition("\n")[0]
    return clean_line(f"{type(fault).__name__}: {first}")[:300].rstrip(".")


def _cannot(run: Run, role: str, why: str) -> DltuiError:
    what = f'{run.id}: torch cannot write its net "{role}" as ONNX: {why}.'
    return DltuiError(
        what, f"Its weights, and Python that uses them: dltui export {run.id} --to torch", ExitStatus.USAGE
    )


def _with_rows(inputs: tuple[Tensor, ...], rows: int) -> tuple[Tensor, ...]:
    """Other rows of the same size: the example's, and the first of them turned about."""
    return tuple(torch.cat([x, x.flip(0)])[:rows] for x in inputs)


def _distance(net: nn.Module, inputs: tuple[Tensor, ...], path: Path) -> float:
    """How far onnxruntime's numbers are from torch's."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(None, {given.name: x.numpy() for given, x in zip(session.get_inputs(), inputs, strict=True)})
    with torch.no_grad():
        wanted = net(*inputs)
    return distance(wanted, [torch.from_numpy(part) for part in found])
