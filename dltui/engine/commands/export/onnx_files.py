"""The nets of a run as ONNX, a file each, compared with onnxruntime's answers before they are called written."""

import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from dltui.engine.commands.saved_run import Tell, open_learners, step_used
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError
from dltui.runs.run import Run

ROWS, OTHER_ROWS = 2, 3  # of the example that is traced, and of the one that tells whether other numbers of rows work
TOLERANCE = 1e-4  # of the largest number that a net gives


def write(run: Run, out: Path, variant: str, tell: Tell) -> Iterator[tuple[Path, str, dict]]:
    """Yields each file, how far onnxruntime's answers are from torch's, and the step. Raises DltuiError where they
    differ."""
    examples = [
        (learner, *example) for learner in open_learners(run, variant, tell) for example in inputs_of(learner).items()
    ]
    if not examples:
        raise DltuiError(
            f"{run.id} has no net whose inputs are plain tensors.", f"Its numbers: dltui export {run.id} --to csv"
        )
    for learner, role, inputs in examples:
        path = out / f"{'-'.join(filter(None, [learner.series, role]))}.onnx"
        net = learner.nets[role].eval()
        net = net.module if isinstance(net, AveragedModel) else net
        any_rows = _written(net, inputs, path)
        checked = [inputs, *([_with_rows(inputs, OTHER_ROWS)] if any_rows else [])]
        distance = max(_distance(net, one, path) for one in checked)
        if not distance <= TOLERANCE:
            path.unlink()
            raise DltuiError(
                f"{role}: onnxruntime's answer differs from torch's by {distance:.2g} of its size.",
                f"The weights as they are: dltui export {run.id} --to safetensors",
            )
        shapes = ", ".join("x".join(map(str, ["N" if any_rows else len(x), *x.shape[1:]])) for x in inputs)
        about = f"takes {shapes}; onnxruntime differs from torch by {distance:.1g} of the largest number"
        yield path, about, step_used(run, learner)


def inputs_of(learner: Learner) -> dict[str, tuple[Tensor, ...]]:
    """Returns role -> the tensors (ROWS, ...) that each net with weights is given when the task looks at ROWS rows."""
    seen: dict[str, tuple[Tensor, ...]] = {}

    def remember(role: str, inputs: tuple) -> None:
        if inputs and all(isinstance(x, Tensor) and len(x) >= ROWS for x in inputs):
            seen.setdefault(role, tuple(x[:ROWS].detach().clone() for x in inputs))

    hooks = [
        net.register_forward_pre_hook(lambda _, inputs, role=role: remember(role, inputs))
        for role, net in learner.nets.items()
        if list(net.parameters())
    ]
    with learner.evaluation_mode():
        for objective in learner.objectives:
            objective.loss(torch.arange(ROWS))
        if len(seen) < len(hooks):
            learner.task.evaluate()  # a net that no loss goes through: an average of weights
    for hook in hooks:
        hook.remove()
    return seen


def _written(net: nn.Module, inputs: tuple[Tensor, ...], path: Path) -> bool:
    """Writes the net; returns whether it takes any number of rows, else only as many as the example has."""
    any_rows = tuple({0: torch.export.Dim("rows", min=1)} for _ in inputs)
    names = [f"input{number or ''}" for number in range(len(inputs))]
    logging.disable(logging.WARNING)  # torch tells of its own parts
    try:
        with warnings.catch_warnings(action="ignore"):
            for shapes in (any_rows, None):
                try:
                    torch.onnx.export(
                        net, inputs, path, input_names=names, dynamic_shapes=shapes, dynamo=True,
                        external_data=False, verbose=False,
                    )  # fmt: skip
                    return shapes is not None
                except Exception as error:  # whatever torch.export meets: the second try is narrower
                    fault = error
    finally:
        logging.disable(logging.NOTSET)
    reason = str(fault).strip().partition("\n")[0]
    raise DltuiError(f"torch cannot write this net as ONNX: {reason}", "Its weights: dltui export RUN --to safetensors")


def _with_rows(inputs: tuple[Tensor, ...], rows: int) -> tuple[Tensor, ...]:
    return tuple(torch.cat([x, x.flip(0)])[:rows] for x in inputs)


def _distance(net: nn.Module, inputs: tuple[Tensor, ...], path: Path) -> float:
    """Greatest distance of onnxruntime's numbers from torch's, as a share of the largest of these."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    found = session.run(None, {given.name: x.numpy() for given, x in zip(session.get_inputs(), inputs, strict=True)})
    with torch.no_grad():
        wanted = net(*inputs)
    tensors = wanted if isinstance(wanted, tuple | list) else [wanted]
    pairs = zip(tensors, map(torch.from_numpy, found), strict=True)
    return max(((a - b).abs().max() / a.abs().max().clamp(min=1e-12)).item() for a, b in pairs)
