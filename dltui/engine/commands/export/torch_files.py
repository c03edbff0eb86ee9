"""A run's nets for plain torch: model.safetensors, config.json, and net.py, which makes them again without dltui.

net.py is run and its nets compared with the run's before the export is called written.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from safetensors.torch import save
from torch import nn

from dltui import __version__
from dltui.atomic_write import replacing
from dltui.engine.commands.export import net_script, rebuilt
from dltui.engine.commands.export.answers import Answer, answer_of
from dltui.engine.commands.export.distance import distance
from dltui.engine.commands.export.entries import Entry, entries_of, unwrapped
from dltui.engine.commands.export.rebuilt import Rebuilt
from dltui.engine.commands.export.rows_prepared import Prepared, prepared
from dltui.engine.commands.saved_run import Tell, open_learners, step_used
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.run import Run
from dltui.text import clean_line

WEIGHTS, CONFIG, SCRIPT = "model.safetensors", "config.json", "net.py"
TOLERANCE = 1e-6  # of the largest number that a net gives


class Package(NamedTuple):
    """A learner's nets as files, name -> bytes, and in words how they compare with the run's."""

    files: dict[str, bytes]
    about: dict[str, str]


def write(run: Run, out: Path, variant: str, tell: Tell) -> Iterator[tuple[Path, str, dict]]:
    """Yields each file, what is in it, and the step; of each variant in a folder of its own. Raises DltuiError."""
    for learner in open_learners(run, variant, tell):
        package = packed(run, learner)
        folder = out / learner.series if learner.series and not variant else out
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in package.files.items():
            with replacing(folder / name) as file:
                file.write(data)
            yield folder / name, package.about[name], step_used(run, learner)


def packed(run: Run, learner: Learner) -> Package:
    """Returns the files for a learner's nets. Raises DltuiError (2) for a run or a net that cannot be written so."""
    entries = entries_of(learner)
    if not entries:
        raise DltuiError(f"{run.id} trained no nets.", f"Its numbers: dltui export {run.id} --to csv", ExitStatus.USAGE)
    if unseen := [role for role, asked in entries.items() if not asked]:
        what = (
            f'The net "{unseen[0]}" of {run.id} is asked for what is no plain tensor: its answers cannot be compared.'
        )
        hint = f"The weights as they are: dltui export {run.id} --to safetensors"
        raise DltuiError(what, hint, ExitStatus.USAGE)
    nets = {role: rebuilt.rebuilt(learner, role) for role in entries}
    answer, rows = answer_of(learner), prepared(learner) if learner.all_rows else None
    config = _config(run, learner, nets, answer, rows)
    text, makers = net_script.script(_title(run, learner), nets, answer, rows, _packages(learner))
    tensors = {_key(role, name, nets): t for role, one in nets.items() for name, t in one.state.items()}
    told = {"run": run.id, "recipe": learner.recipe.name, "step": str(learner.step), "format": "pt"}
    files = {
        WEIGHTS: save(tensors, metadata=told),
        CONFIG: (json.dumps(config, indent=2, ensure_ascii=False) + "\n").encode(),
        SCRIPT: text.encode(),
    }
    module = net_script.checked(files, SCRIPT)
    apart = max(
        _distance(learner, role, rebuilt.fresh(nets[role], module, makers[role]), entries[role]) for role in nets
    )
    if apart > TOLERANCE:
        raise DltuiError(
            f"The net that {SCRIPT} makes answers otherwise than that of {run.id}, by {apart:.2g} of its size.",
            f"The weights as they are: dltui export {run.id} --to safetensors",
            ExitStatus.USAGE,
        )
    return Package(
        files,
        {
            WEIGHTS: f"{sum(tensor.numel() for tensor in tensors.values()):,} numbers, step {learner.step:,}",
            CONFIG: "options, classes, and what the rows were scaled by",
            SCRIPT: f"makes {_listed(nets)} again; its answers are "
            + ("the run's, bit for bit" if not apart else f"{apart:.1g} of the largest number from the run's"),
        },
    )


def _key(role: str, name: str, nets: dict[str, Rebuilt]) -> str:
    return name if len(nets) == 1 else f"{role}.{name}"


def _listed(nets: dict[str, Rebuilt]) -> str:
    return ", ".join(f"{one.kind} ({role})" if role != one.kind else role for role, one in nets.items())


def _title(run: Run, learner: Learner) -> str:
    of = f", variant {learner.series}" if learner.series else ""
    told = f"Run {run.id}{of} of dltui, recipe {learner.recipe.name}, weights of step {learner.step:,}."
    return f"{clean_line(learner.recipe.title).rstrip('.')}.\n\n{told}"


def _config(run: Run, learner: Learner, nets: dict[str, Rebuilt], answer: Answer, rows: Prepared | None) -> dict:
    data = learner.all_rows.data if learner.all_rows else None
    config = {
        "dltui": __version__,
        "run": run.id,
        "recipe": learner.recipe.name,
        **({"variant": learner.series} if learner.series else {}),
        "step": learner.step,
        "task": learner.recipe.task.kind,
        "nets": {
            role: {"kind": one.kind, "options": one.options, **({"settings": one.settings} if one.settings else {})}
            for role, one in nets.items()
        },
    }
    if any(one.settings for one in nets.values()):
        for made in config["nets"].values():
            made.setdefault("settings", {})
    if data:
        config["data"] = {
            "kind": learner.recipe.data.kind,
            "from": data.source,
            "row": list(data.test.inputs.shape[1:]),
        }
        config |= {"classes": list(data.classes)} if data.classes else {}
        config |= {"columns": list(data.columns)} if data.columns else {}
    return {**config, **(rows.facts if rows else {}), **answer.facts}


def _packages(learner: Learner) -> set[str]:
    """Packages of layers that a net has from elsewhere."""
    tops = {type(layer).__module__.partition(".")[0] for net in learner.nets.values() for layer in net.modules()}
    return {"torchaudio"} & tops


def _distance(learner: Learner, role: str, again: nn.Module, entries: list[Entry]) -> float:
    """How far its answers are from those of the run's net."""
    net = unwrapped(learner.nets[role])
    with learner.evaluation_mode():
        return max((distance(*(one.of(each)(*one.inputs) for each in (net, again))) for one in entries), default=0.0)
