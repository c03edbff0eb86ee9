"""The options of commands whose runs may be jobs of a cluster."""

from typing import Annotated

import typer

from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import cluster
from dltui.jobs.cluster import Wanted

DEFAULT = Wanted()
On = Annotated[
    str,
    typer.Option("--on", metavar="slurm", help="As jobs of a cluster, by submitit; the runs lie on a disk all share."),
]
OnAny = Annotated[
    str,
    typer.Option(
        "--on",
        metavar="slurm|ssh:HOST",
        help="As a job of a cluster, by submitit, on a disk all share; or on a machine that has dltui, over ssh.",
    ),
]
Partition = Annotated[str, typer.Option("--partition", help="Of the cluster; its default where none is named.")]
Minutes = Annotated[
    int, typer.Option("--minutes", help="A job's time limit: at its end it is queued again and goes on.")
]
Gpus = Annotated[int, typer.Option("--gpus", help="GPUs that a job asks for.")]
Cpus = Annotated[int, typer.Option("--cpus", help="Processor cores that a job asks for.")]


def wanted(on: str, partition: str, minutes: int, gpus: int, cpus: int) -> Wanted | None:
    """Returns what a job asks for, None where nothing is to be one. Raises DltuiError (2, 6)."""
    job = Wanted(partition, minutes, gpus, cpus)
    if on:
        cluster.check(on, job)
        return job
    if job != DEFAULT:
        what = "--partition, --minutes, --gpus and --cpus are asked of a cluster."
        raise DltuiError(what, "Name it: --on slurm", ExitStatus.USAGE)
    return None
