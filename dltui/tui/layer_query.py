"""Asks the engine for the layers of a recipe's nets without keeping a key waiting; the asking can be cancelled."""

import asyncio
import contextlib
import json
import os
import tempfile
from pathlib import Path

from dltui.errors import DltuiError
from dltui.jobs import launch
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe

Layers = dict[str, list[dict]]  # role of a net -> its layers, each {name, kind, shape, params}


async def layers_of(recipe: Recipe) -> Layers:
    """Returns the layers of a recipe's nets, as dltui.engine.commands.describe tells of them.

    Takes seconds: another process imports torch and builds the nets, with what computing time nobody else wants.
    Cancelling it ends that process. Raises DltuiError where the nets cannot be built.
    """
    with tempfile.TemporaryDirectory(prefix="dltui-") as folder:
        file = Path(folder) / "recipe.toml"
        file.write_text(recipes.to_toml(recipe), encoding="utf-8")
        process = await asyncio.create_subprocess_exec(
            *launch.ENGINE_COMMAND[:-1],
            f"{launch.ENGINE_COMMAND[-1]}.commands.describe",
            str(file),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=launch.environment(),
        )
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process.pid, 19)  # a run that trains meanwhile comes first
        try:
            said, complaint = await process.communicate()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.communicate()
            raise
    return _answer(said, complaint)


def _answer(said: bytes, complaint: bytes) -> Layers:
    try:
        answer = json.loads(said.splitlines()[-1])
        if "error" in answer:
            raise DltuiError(answer["error"], answer.get("hint", ""))
        return answer["models"]
    except (ValueError, IndexError, KeyError, TypeError):
        error = complaint.decode("utf-8", "replace").strip().rpartition("\n")[2] or "The engine said nothing."
        raise DltuiError(error, "See: dltui doctor") from None
