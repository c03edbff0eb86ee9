"""Asks the engine for the layers of a recipe's nets without keeping a key waiting; the asking can be cancelled."""

import asyncio
import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from dltui.jobs import engine_answer, launch
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe

ENTRY = "describe"
POLL = 0.05  # seconds between two looks at whether the process has ended


class Nets(NamedTuple):
    """The nets of variants that have the same: role -> layers, each {name, kind, shape, params}."""

    variants: list[str]  # [""] where the recipe has none
    models: dict[str, list[dict]]


async def layers_of(recipe: Recipe) -> list[Nets]:
    """Returns the nets of a recipe and of all its variants, as dltui.engine.commands.describe tells of them.

    Takes seconds: another process imports torch and builds the nets, with what computing time nobody else wants.
    Cancelling it ends that process. Raises DltuiError where the nets cannot be built.
    """
    with tempfile.TemporaryDirectory(prefix="dltui-") as folder:
        file = Path(folder) / "recipe.toml"
        file.write_text(recipes.to_toml(recipe), encoding="utf-8")
        said, complaint = Path(folder) / "said", Path(folder) / "complaint"
        with said.open("wb") as out, complaint.open("wb") as err:
            process = subprocess.Popen(
                engine_answer.command(ENTRY, str(file)),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env=launch.environment(owned=True),
            )
        try:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, process.pid, 19)  # a run that trains meanwhile comes first
            while process.poll() is None:
                await asyncio.sleep(POLL)
        finally:  # without an await: an app that ends cancels a second time, and asyncio's own process would be left
            process.kill()
            process.wait()
        answer = engine_answer.answer_among(said.read_bytes().splitlines())
        answer = engine_answer.checked(answer, ENTRY, process.returncode, complaint.read_bytes())
        return [Nets(one["names"], one["models"]) for one in answer["variants"]]
