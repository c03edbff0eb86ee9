"""The weights of a run's nets, a safetensors file each, as torch's `load_state_dict` takes them."""

from collections.abc import Iterator
from pathlib import Path

from safetensors.torch import save_file

from dltui.engine.commands.saved_run import open_learners
from dltui.errors import DltuiError
from dltui.runs.run import Run


def write(run: Run, out: Path, variant: str) -> Iterator[tuple[Path, str]]:
    """Yields each file and what is in it. Raises DltuiError where the run has no weights."""
    nets = [
        (learner, role, net)
        for learner in open_learners(run, variant)
        for role, net in learner.nets.items()
        if list(net.parameters())
    ]
    if not nets:
        raise DltuiError(f"{run.id} trained no nets.", f"Its numbers: dltui export {run.id} --to csv")
    for learner, role, net in nets:
        path = out / f"{'-'.join(filter(None, [learner.series, role]))}.safetensors"
        about = {"run": run.id, "recipe": learner.recipe.name, "step": str(learner.step), "role": role}
        if role in learner.recipe.models:  # else the task's own: an average of weights, for instance
            about["kind"] = learner.recipe.models[role].kind
        tensors = {name: tensor.contiguous().clone() for name, tensor in net.state_dict().items()}
        save_file(tensors, path, metadata=about)
        yield path, f"{sum(tensor.numel() for tensor in tensors.values()):,} numbers, step {learner.step:,}"
