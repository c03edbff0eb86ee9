"""The weights of a run's nets, a safetensors file each, as torch's `load_state_dict` takes them."""

from collections.abc import Iterator
from pathlib import Path

from safetensors.torch import save

from dltui.atomic_write import replacing
from dltui.engine.commands.saved_run import Tell, open_learners, step_used
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.run import Run


def write(run: Run, out: Path, variant: str, tell: Tell) -> Iterator[tuple[Path, str, dict]]:
    """Yields each file, what is in it, and the step. Raises DltuiError where the run has no weights."""
    nets = [
        (learner, role, net)
        for learner in open_learners(run, variant, tell)
        for role, net in learner.nets.items()
        if list(net.parameters())
    ]
    if not nets:
        raise DltuiError(f"{run.id} trained no nets.", f"Its numbers: dltui export {run.id} --to csv", ExitStatus.USAGE)
    for learner, role, net in nets:
        path = out / f"{'-'.join(filter(None, [learner.series, role]))}.safetensors"
        about = {"run": run.id, "recipe": learner.recipe.name, "step": str(learner.step), "role": role}
        if role in learner.recipe.models:  # else the task's own: an average of weights, for instance
            about["kind"] = learner.recipe.models[role].kind
        tensors = {name: tensor.contiguous().clone() for name, tensor in net.state_dict().items()}
        with replacing(path) as file:
            file.write(save(tensors, metadata=about))
        numbers = f"{sum(tensor.numel() for tensor in tensors.values()):,} numbers, step {learner.step:,}"
        yield path, numbers, step_used(run, learner)
