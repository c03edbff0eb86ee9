"""`dltui queue`: runs that wait until their device is free; add, move, rm, start."""

import shutil
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from dltui.cli import complete, notifying
from dltui.cli.columns import aligned
from dltui.cli.notifying import Notify, NotifyStalled
from dltui.cli.on_cluster import DEFAULT, Cpus, Gpus, Minutes, On, Partition, wanted
from dltui.cli.words import AsJson, KindFiles, Source
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import cluster, data_source, queue
from dltui.recipes import overrides
from dltui.recipes import recipe as recipes
from dltui.recipes.overrides import written
from dltui.render.run_cells import age

EXAMPLES = """
dltui queue
dltui queue add lenet-mnist gan-mnist
dltui queue add mlp-mnist optimizer.lr=0.1 train.seed=3
dltui queue add mine.toml --kinds my_net.py
dltui queue add resnet gan-mnist --full --on slurm --gpus 1    # jobs of a cluster
dltui queue move 3 1     # it starts next
dltui queue rm 2
"""
LITTLE = 1 << 18  # free bytes below which a run that does not start is explained by them


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
    header, *lines = aligned(rows, env.table_width, right=(0, 4), whole=(1,), first=(2,))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    if all(entry.state == "failed" for entry in entries):
        return
    worker, free = queue.worker(), shutil.disk_usage(queue.folder()).free
    if worker is None:
        env.tell("Nothing works the queue off: dltui queue start")
    full = worker.waits_for if worker else ""
    if full or free < LITTLE:
        env.tell(
            f"{full or queue.folder()}: {free >> 10:,} KiB are free on this disk. What waits starts once there is room."
        )


def _cells(entry: queue.Entry) -> tuple[str, ...]:
    changes = [*(written(key, value) for key, value in entry.overrides.items()), *(["--full"] if entry.full else [])]
    words = {"waits": " ".join(changes), "starting": f"starting as {entry.run}", "failed": f"failed: {entry.error}"}
    waits = age(time.time() - entry.added) if entry.added else ""  # a broken file does not tell
    return str(entry.number), entry.recipe, words[entry.state], entry.device, waits


def add(
    context: typer.Context,
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="RECIPE... [KEY=VALUE]...",
            help="Names or files, and changes to each of them.",
            autocompletion=complete.recipes,
        ),
    ],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="The same as KEY=VALUE alone.")
    ] = None,
    data: Source = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    full: Annotated[bool, typer.Option("--full", help="The published size, for a GPU.")] = False,
    on: On = "",
    partition: Partition = "",
    minutes: Minutes = DEFAULT.minutes,
    gpus: Gpus = DEFAULT.gpus,
    cpus: Cpus = DEFAULT.cpus,
    kinds: KindFiles = None,
    notify: Notify = None,
    stalled: NotifyStalled = None,
) -> None:
    """Put runs at the end of the queue; each starts once nothing computes on its device. All of them, or none.

    Files of kinds of your own are kept as they are now. --notify tells of each end by the command or url of
    notify.toml. With --on slurm they go to the queue of the cluster; their ids stand on standard output.
    """
    job = wanted(on, partition, minutes, gpus, cpus)
    if job and (notify or stalled):
        what = "Nobody here follows the jobs of a cluster to tell of their ends."
        raise DltuiError(what, "One by one: dltui run RECIPE --on slurm --notify", ExitStatus.USAGE)
    tells = _notify_minutes(context.obj, notify, stalled)
    given = [word for word in words if "=" in word and not Path(word).is_file()]
    recipes_given = [word for word in words if word not in given]
    if not recipes_given:
        raise DltuiError(f"{given[0]} is a change, and there is no RECIPE.", "See: dltui list", ExitStatus.USAGE)
    changes = overrides.parse([*given, *(settings or [])]) | ({"data.from": data} if data else {})
    how = {"full": full, "changed_in": overrides.COMMAND_LINE, "kinds": kinds or []}
    loaded = [recipes.load(word, changes, **how) for word in recipes_given]
    checked = [data_source.with_source(recipe, named_here="data.from" in changes) for recipe in loaded]
    for text in dict.fromkeys(text for recipe in loaded for text in recipe.ignored(changes)):
        context.obj.tell(text)
    asked = {"overrides": changes, "device": device, "full": full, "argv": sys.argv[1:]}
    for recipe in checked if job else ():
        context.obj.print(cluster.start(recipe, job, **asked).run.id)
    for at, recipe in enumerate(checked if not job else (), 1):
        try:
            entry = queue.add(recipe, notify=tells, **asked)
        except DltuiError as error:
            left = ", ".join(other.name for other in checked[at:])
            error.message += f" Nor was put there: {left}." if left else ""
            raise
        context.obj.print(f"{entry.number} {entry.recipe}")


def _notify_minutes(env, notify: bool | None, stalled: float | None) -> float | bool | None:
    """What the entry says of notifications: False for none, None where notify.toml decides when it starts."""
    if notify is False:
        return False
    settings = notifying.checked(env, True if stalled else notify, stalled, detached=True)
    return settings.stalled if settings and (notify or stalled) else None


def remove(
    context: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="N...", help="Numbers, as `dltui queue` tells them.")],
) -> None:
    """Take runs out of the queue. One that has begun is a run like any other: dltui stop RUN."""
    there = {entry.number: entry for entry in queue.entries()}
    missing = [str(number) for number in numbers if number not in there]
    if missing:
        raise DltuiError(f"Nothing waits under number {', '.join(missing)}; nothing was removed.", "See: dltui queue",
                         ExitStatus.NOT_FOUND)  # fmt: skip
    for entry in (there[number] for number in numbers):
        if entry.state == "starting":
            raise DltuiError(f"{entry.number} {entry.recipe} is being started as {entry.run}; nothing was removed.",
                             f"Stop it once it runs: dltui stop {entry.run}")  # fmt: skip
    for number in dict.fromkeys(numbers):
        context.obj.tell(f"removed {number} {queue.remove(number, added=there[number].added).recipe}")


def move(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="N", help="As `dltui queue` tells it.")],
    place: Annotated[int, typer.Argument(metavar="PLACE", min=1, help="1 starts next.")],
) -> None:
    """Put a run at another place of the queue. It keeps its number."""
    entry = queue.move(number, place)
    numbers = [one.number for one in queue.entries()]
    stands = f"now stands at place {numbers.index(number) + 1}" if number in numbers else "has just been started"
    context.obj.tell(f"{number} {entry.recipe} {stands}.")


def start(context: typer.Context) -> None:
    """Go on with a queue that nothing works off: after a restart of the machine, say."""
    count = queue.ensure_worker()
    context.obj.tell(f"{count} in the queue: each starts when its device is free." if count else "Nothing waits.")


SUBCOMMANDS = {"list": list_queue, "add": add, "move": move, "rm": remove, "start": start}
