"""`dltui run`: starts a run and shows it learn."""

import sys
from typing import Annotated

import typer

from dltui import paths
from dltui.cli import complete, guessing, on_ssh, presenting
from dltui.cli.follow import Interruptible, Interrupts, show
from dltui.cli.notifying import Notifier, Notify, NotifyStalled
from dltui.cli.on_cluster import DEFAULT, Cpus, Gpus, Minutes, OnAny, Partition, wanted
from dltui.cli.presenting import Present
from dltui.cli.words import AsEvents, KindFiles, Source
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import cluster, data_source, launch, lengthen
from dltui.jobs.cluster import Wanted
from dltui.recipes import files, kind_warnings, overrides
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import engine_lock, unattended
from dltui.runs import run as runs
from dltui.runs.run import Run

EXAMPLES = """
dltui run mlp-moons
dltui run lenet-mnist optimizer.lr=0.01 train.steps=200 --data builtin
dltui run mine.toml --detach
dltui run mlp-moons --predict    # first asks what will come out; the answer is judged at the end
dltui run mlp-moons --present    # for a projector: large; space brings the lesson, b goes back, q leaves
dltui run gan-mnist --notify --notify-stalled 10    # the terminal's bell, or what notify.toml says
dltui run mine.toml --kinds my_net.py
dltui run gan-mnist --nproc 2    # two processes share each batch; the weights are those of one
dltui run gan-mnist --full --prepare    # then, on each machine of a cluster: torchrun ... -m dltui.engine RUN
dltui run resnet --full --on slurm --partition gpu --gpus 1 --minutes 240    # a job; queued again at its time limit
dltui run --resume last
dltui run --resume last --on slurm --gpus 1
dltui run --resume last train.steps=6000    # longer than it was begun for
dltui show mlp-mnist --toml | dltui run - --json | jq -r 'select(.kind == "finished") | .summary.accuracy'
"""


def command(
    context: typer.Context,
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE", help="A recipe's name, a file, or - for TOML on stdin.", autocompletion=complete.recipes
        ),
    ] = "",
    settings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...", help="Changes, e.g. optimizer.lr=0.01", autocompletion=complete.settings
        ),
    ] = None,
    data: Source = "",
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.", autocompletion=complete.devices)
    ] = "auto",
    full: Annotated[bool, typer.Option("--full", help="The published size, for a GPU.")] = False,
    name: Annotated[str, typer.Option(help="The run's name, in place of the recipe's.")] = "",
    threads: Annotated[int, typer.Option(help="CPU threads; 0 chooses by a measurement.")] = 0,
    precision: Annotated[str, typer.Option(help="auto, fp32 or bf16.", autocompletion=complete.precisions)] = "auto",
    nproc: Annotated[
        int, typer.Option(help="Processes that share each batch, each with a GPU of its own; 0: one, or as resumed.")
    ] = 0,
    compiled: Annotated[
        bool, typer.Option("--compile", help="Compile the nets (torch.compile): a wait first, then faster steps.")
    ] = False,
    on: OnAny = "",
    partition: Partition = "",
    minutes: Minutes = DEFAULT.minutes,
    gpus: Gpus = DEFAULT.gpus,
    cpus: Cpus = DEFAULT.cpus,
    resume: Annotated[
        str, typer.Option(metavar="RUN", help="Go on with a run from its checkpoint.", autocompletion=complete.runs)
    ] = "",
    kinds: KindFiles = None,
    predict: Annotated[
        bool, typer.Option("--predict", help="Ask first what will come out, where the recipe has a question.")
    ] = False,
    present: Present = False,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once; the run's id on stdout.")] = False,
    prepare: Annotated[
        bool, typer.Option("--prepare", help="Only make the run's folder, for torchrun; its path on stdout.")
    ] = False,
    as_json: AsEvents = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Only errors.")] = False,
    notify: Notify = None,
    stalled: NotifyStalled = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check, and print the TOML that would run.")] = False,
) -> ExitStatus:
    """Run a recipe and watch it learn. The run outlives this terminal: `dltui attach` finds it again.

    Ctrl-C asks it to save and stop (130); a second one ends it at once. --resume takes one change: a greater
    train.steps, with which a run that is done goes on too. A claim that is not met is told, and the status is 0:
    `dltui verify` gives 7.
    """
    env = context.obj
    if detach and (notify or stalled):
        what = "--detach leaves nobody here to notify of the end."
        raise DltuiError(what, "Start it without --detach, or: dltui attach RUN --notify", ExitStatus.USAGE)
    if predict and (as_json or quiet or prepare or resume):
        what = "--predict asks at the terminal before the first step: not with --json, --quiet, --prepare or --resume."
        raise DltuiError(what, "Leave one of them out.", ExitStatus.USAGE)
    if present:
        if detach or prepare or as_json or quiet or on or dry_run:
            what = "--present shows the run here: not with --detach, --prepare, --json, --quiet, --on or --dry-run."
            raise DltuiError(what, "Leave one of them out.", ExitStatus.USAGE)
        presenting.check(env)
    host = on_ssh.host_of(on, {"resume": resume, "prepare": prepare, "predict": predict, "kinds": kinds})
    told, job = (notify, stalled), wanted("" if host else on, partition, minutes, gpus, cpus)
    given = {
        "device": device, "threads": threads, "precision": precision, "full": full, "name": name, "compiled": compiled,
    }  # fmt: skip
    if resume:
        anew = recipe if "=" not in recipe else "", data, kinds, dry_run, prepare
        if any(anew) or any(given[key] != standard for key, standard in STANDARD.items()):
            raise DltuiError("--resume goes on with what the run was begun with: it takes no recipe, and no change but"
                             " train.steps.", f"dltui run --resume {resume}", ExitStatus.USAGE)  # fmt: skip
        found = runs.find(resume)
        if changes := overrides.parse([*filter(None, [recipe]), *(settings or [])]):
            lengthen.lengthened(found, changes)
        if job:
            launch.check_resumable(found, longer=bool(changes), nproc=nproc)
            return _submitted(env, found, job, told, detach=detach, as_json=as_json, quiet=quiet)
        return _followed(
            env,
            lambda: launch.resume(found, longer=bool(changes), nproc=nproc),
            told, detach=detach, as_json=as_json, quiet=quiet, present=present,
        )  # fmt: skip
    if not recipe:
        raise DltuiError("run needs a RECIPE, a file or --resume RUN.", "See: dltui list", ExitStatus.USAGE)
    changes = overrides.parse(settings or []) | ({"data.from": data} if data else {})
    loaded = _loaded(recipe, changes, full, kinds or [], env)
    checked = data_source.with_source(loaded, named_here="data.from" in changes)
    launch.check_choices(device, precision, threads, name)
    launch.check_processes(nproc or 1, checked, device)
    if compiled:
        launch.check_compile(checked, nproc or 1)
    own = kind_warnings.of_files(loaded.table.get("kinds", []))
    for text in (*own, *loaded.ignored(changes)) if not quiet else ():
        env.tell(text)
    if dry_run:
        env.print(recipes.to_toml(checked).rstrip("\n"))
        return ExitStatus.OK
    if host:
        notifier = None if detach else Notifier(env, "run", *told)
        return on_ssh.begun(env, loaded, host, {**given, "nproc": nproc}, notifier, as_json=as_json, quiet=quiet)
    guess = guessing.asked(env, checked) if predict else None
    asked = {"overrides": changes, "argv": sys.argv[1:], "nproc": nproc or 1, **given}
    if prepare:
        env.print(str(launch.prepare(checked, **asked).path))
        return ExitStatus.OK
    if job:
        return _submitted(env, _prepared(checked, asked, guess), job, told, detach=detach, as_json=as_json, quiet=quiet)
    return _followed(
        env,
        lambda: launch.launched(_prepared(checked, asked, guess)),
        told, detach=detach, as_json=as_json, quiet=quiet, present=present,
    )  # fmt: skip


def _prepared(recipe: Recipe, asked: dict, guess: dict | None) -> Run:
    """The folder of a run, in whose log the guess stands before all else."""
    run = launch.prepare(recipe, **asked)
    if guess:
        unattended.add(run, "guess", **guess)
    return run


STANDARD = {"device": "auto", "threads": 0, "precision": "auto", "full": False, "name": "", "compiled": False}


def _loaded(word: str, changes: dict, full: bool, kinds: list[str], env) -> Recipe:
    if word != "-":
        return recipes.load(word, changes, full=full, changed_in=overrides.COMMAND_LINE, kinds=kinds)
    try:
        text = env.stdin.read(files.LARGEST + 1).removeprefix("\ufeff")  # of an editor's UTF-8
    except UnicodeDecodeError as error:
        raise DltuiError(f"standard input: not TOML: {error}.", files.HINT, ExitStatus.USAGE) from None
    if len(text) > files.LARGEST:
        what = f"standard input: more than {files.LARGEST:,} characters, which no recipe has."
        raise DltuiError(what, files.HINT, ExitStatus.USAGE)
    table = files.table_of(text, "standard input")
    if (named := table.pop("kinds", None)) and not kinds:
        what = f"standard input: the recipe names files of code, kinds = {named!r}, which are not run unasked."
        raise DltuiError(what, "Name them yourself: --kinds FILE", ExitStatus.USAGE)
    return recipes.of_table(table, None, changes, full=full, changed_in=overrides.COMMAND_LINE, kinds=kinds)


Told = tuple[bool | None, float | None]


def _followed(env, begin, told: Told, *, detach: bool, as_json: bool, quiet: bool, present: bool = False) -> ExitStatus:
    """Starts the engine and follows it to its end, or leaves it to itself. told: --notify and --notify-stalled."""
    if not quiet and (exposed := paths.exposure()):
        env.tell(f"{exposed} See: dltui doctor")
    if detach:
        engine = begin()
        env.print_json({"id": engine.run.id, "path": str(engine.run.path)}) if as_json else env.print(engine.run.id)
        engine.leave()
        return ExitStatus.OK
    silent = as_json or quiet or env.animated
    tell = (lambda text: None) if silent else env.tell
    with Notifier(env, "run", *told) as notifier, Interrupts(tell, watch=notifier.watch) as interrupts:
        engine = begin()
        followed = Interruptible(engine, interrupts)
        if present:
            status = presenting.followed(followed, env)
            if not engine.ended():  # it was left
                return status
        else:
            status = show(followed, env, as_json=as_json, quiet=quiet)
        if interrupts.status is not ExitStatus.INTERRUPTED:  # whoever pressed Ctrl-C knows
            notifier.run_ended(engine.run, status)
        return status


def _submitted(env, run: Run, job: Wanted, told: Told, *, detach: bool, as_json: bool, quiet: bool) -> ExitStatus:
    """Submits a run to the cluster and follows it by its log, which Ctrl-C leaves as it is."""
    first, number = engine_lock.next_seq(run), cluster.submit(run, job)
    if detach:
        env.print_json({"id": run.id, "path": str(run.path), "job": number}) if as_json else env.print(run.id)
        return ExitStatus.OK
    if not quiet:
        env.tell(f"{run.id} is job {number} of the cluster. Ctrl-C leaves it there: dltui attach {run.id}")
    with Notifier(env, "run", *told) as notifier:
        status = show(cluster.JobEngine(run, first, notifier.watch), env, as_json=as_json, quiet=quiet)
        notifier.run_ended(run, status)
    return status
