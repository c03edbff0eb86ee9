"""A run's nets as a folder for the Hugging Face hub: the files for plain torch, and a model card. Nothing is sent."""

from collections.abc import Iterator
from pathlib import Path

from dltui.atomic_write import replacing
from dltui.engine.commands.export import torch_files
from dltui.engine.commands.export.answers import answer_of
from dltui.engine.commands.export.model_card import data_set_id, model_card, repeated
from dltui.engine.commands.saved_run import Tell, open_learner, step_used
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import recorded_recipe
from dltui.runs.run import Run

CARD = "README.md"


def write(run: Run, out: Path, variant: str, tell: Tell) -> Iterator[tuple[Path, str, dict]]:
    """Yields each file, what is in it, and the step. Raises DltuiError, (2) where it is not said which of several
    variants: a repository holds one."""
    recipe = recorded_recipe.usable(run)
    named = list(filter(None, recipe.variants))
    if len(named) > 1 and not variant and recipe.subject == "task":
        what = f"{run.id} has {len(named)} variants, and a repository of the hub holds the nets of one."
        raise DltuiError(what, f"Name it: --variant {named[0]} (valid: {', '.join(named)})", ExitStatus.USAGE)
    learner, _ = open_learner(run, variant, tell)
    package = torch_files.packed(run, learner)
    card = model_card(run, learner, answer_of(learner).draws)
    _, more = repeated(run, learner)
    about = package.about | {name: "trains it again" for name in more}
    about[CARD] = f"the model card; data set: {data_set_id(learner) or 'none of the hub'}; license: not said"
    for name, data in {**package.files, **more, CARD: card.encode()}.items():
        with replacing(out / name) as file:
            file.write(data)
        yield out / name, about[name], step_used(run, learner)
