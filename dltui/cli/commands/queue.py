"""`dltui queue`: runs that wait until their device is free; add, move, rm, start."""

import sys
import time
from typing import Annotated

import typer

from dltui.cli import complete
from dltui.cli.columns import aligned
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch, queue
from dltui.recipes import overrides
from dltui.recipes import recipe as recipes
from dltui.recipes.overrides import written
from dltui.render.run_cells import age

EXAMPLES = """
dltui queue
dltui queue add lenet-mnist gan-mnist
dltui queue add mlp-mnist --set optimizer.lr=0.1 --set train.seed=3
dltui queue move 3 1     # it starts next
dltui queue rm 2
"""


def list_queue(context: typer.Context, as_json: AsJson = False) -> None:
    """What waits, in the order in which it will run."""
    env, entries = context.obj, queue.entries()
    if as_json:
        env.print_json([entry._asdict() | {"path": str(entry.path)} for entry in entries])
        return
    if not entries:
        env.tell("Nothing waits: dltui queue add mlp-moons")
        return
    rows = [("N", "RECIPE", "CHANGES", "DEVICE", "WAITS"), *(_cells(entry) for entry in entries)]
    header, *lines = aligned(rows, env.table_width, right=(0, 4))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    if queue.worker_pid() is None and any(not entry.error for entry in entries):
        env.tell("Nothing works the queue off: dltui queue start")


def _cells(entry: queue.Entry) -> tuple[str, ...]:
    changes = [*(written(key, value) for key, value in entry.overrides.items()), *(["--full"] if entry.full else [])]
    words = f"failed: {entry.error}" if entry.error else " ".join(changes)
    return str(entry.number), entry.recipe, words, entry.device, age(time.time() - entry.added)


def add(
    context: typer.Context,
    words: Annotated[
        list[str], typer.Argument(metavar="RECIPE...", help="Names or files.", autocompletion=complete.recipes)
    ],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A change to each of them; more than once.")
    ] = None,
    data: Annotated[
        str, typer.Option(metavar="SOURCE", help="auto, hub, builtin or a path.", autocompletion=complete.sources)
    ] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    full: Annotated[bool, typer.Option("--full", help="The published size, for a GPU.")] = False,
) -> None:
    """Put runs at the end of the queue; each starts once nothing computes on its device. All of them, or none."""
    changes = overrides.parse(settings or []) | ({"data.from": data} if data else {})
    checked = [
        launch.with_source(recipes.load(word, changes, full=full), named_here="data.from" in changes) for word in words
    ]
    for recipe in checked:
        entry = queue.add(recipe, overrides=changes, device=device, full=full, argv=sys.argv[1:])
        context.obj.print(f"{entry.number} {entry.recipe}")


def remove(
    context: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="N...", help="Numbers, as `dltui queue` tells them.")],
) -> None:
    """Take runs out of the queue. One that has begun is a run like any other: dltui stop RUN."""
    waiting = {entry.number for entry in queue.entries()}
    missing = [number for number in numbers if number not in waiting]
    if missing:
        listed = ", ".join(map(str, missing))
        raise DltuiError(f"Nothing waits under number {listed}; nothing was removed.", "See: dltui queue",
                         ExitStatus.NOT_FOUND)  # fmt: skip
    for number in dict.fromkeys(numbers):
        context.obj.tell(f"removed {number} {queue.remove(number).recipe}")


def move(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="As `dltui queue` tells it.")],
    place: Annotated[int, typer.Argument(metavar="PLACE", min=1, help="1 starts next.")],
) -> None:
    """Put a run at another place of the queue. It keeps its number."""
    entry = queue.move(number, place)
    at = [one.number for one in queue.entries()].index(number) + 1
    context.obj.tell(f"{number} {entry.recipe} now stands at place {at}.")


def start(context: typer.Context) -> None:
    """Go on with a queue that nothing works off: after a restart of the machine, say."""
    count = queue.ensure_worker()
    context.obj.tell(f"{count} in the queue: each starts when its device is free." if count else "Nothing waits.")


SUBCOMMANDS = {"list": list_queue, "add": add, "move": move, "rm": remove, "start": start}
