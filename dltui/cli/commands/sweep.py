"""`dltui sweep`: searches a recipe's options; every trial is a run, or a variant of one."""

import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from typing import Annotated, BinaryIO

import typer

from dltui.cli import complete, sweep_report, sweep_serve
from dltui.cli.follow import Interruptible, Interrupts
from dltui.cli.notifying import Notifier, Notify, NotifyStalled
from dltui.cli.on_cluster import DEFAULT, Cpus, Gpus, Minutes, On, Partition, wanted
from dltui.cli.sweep_view import LiveView, PlainLines
from dltui.cli.words import AsJson, KindFiles
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch
from dltui.recipes import kind_files, overrides
from dltui.recipes import recipe as recipes
from dltui.runs import run as runs
from dltui.search import abandoned
from dltui.search import goal as goals
from dltui.search import space as search_space
from dltui.search import storage as storages
from dltui.search import study as sweep
from dltui.search.reconnecting import StorageLost
from dltui.search.trials import Trials

EXAMPLES = """
dltui sweep softmax-digits optimizer.lr=log:1e-3..1 optimizer.momentum=0.0..0.95   # small nets: many at once
dltui sweep mlp-moons optimizer.lr=log:1e-4..1 'model.activation=relu|tanh' --jobs 2
dltui sweep lenet-mnist train.batch=16..256 --set train.steps=300 --sampler random
dltui sweep mlp-mnist 'model.hidden=[16]|[64]|[64,64]' --sampler grid --json
dltui sweep gan-mnist optimizer.lr=log:1e-5..1e-2 --metric fid --name night --storage grpc://127.0.0.1:13000
dltui sweep serve        # the proxy that such searches join, from other machines too
"""
ENDS = (ExitStatus.OK, ExitStatus.INTERRUPTED, ExitStatus.TERMINATED)  # of a process that shares the trials
LOOK = 0.1  # seconds between two looks at what other processes do


def _recipes_or_serve(incomplete: str) -> complete.Found:
    """What the first word can be."""
    own = [("serve", "a proxy for searches of several machines")] if "serve".startswith(incomplete) else []
    return [*complete.recipes(incomplete), *own]


class _Say:
    """Tells that the storage is away or back: in the view once there is one; nothing where another process tells it."""

    def __init__(self, env, *, quiet: bool):
        self._env, self._quiet, self.view = env, quiet, None

    def __call__(self, text: str) -> None:
        if not self._quiet:
            (self.view.say_now if self.view else self._env.tell)(text)


class Sampler(StrEnum):
    tpe = "tpe"
    random = "random"
    grid = "grid"
    tree = "tree"
    hill = "hill"
    annealing = "annealing"
    genetic = "genetic"


class Direction(StrEnum):
    max = "max"
    min = "min"


def command(
    context: typer.Context,
    word: Annotated[str, typer.Argument(metavar="RECIPE", help="Name or file.", autocompletion=_recipes_or_serve)],
    words: Annotated[list[str], typer.Argument(metavar="KEY=SPACE...", help="LOW..HIGH, log:LOW..HIGH or A|B|C.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A change to every trial; more than once.")
    ] = None,
    trials: Annotated[
        int, typer.Option(min=1, help="How many in all; those of an earlier sweep of the name count.")
    ] = 20,
    sampler: Annotated[
        Sampler,
        typer.Option(
            help="tpe proposes where good trials are dense; random learns nothing; grid is every combination;"
            " tree is every combination that means something: an option only with the kinds that have it;"
            " hill goes on from the best so far, annealing now and then from a worse one, genetic crosses two of the"
            " best."
        ),
    ] = Sampler.tpe,
    metric: Annotated[str, typer.Option(help="A summary value; by default one of validation rows.")] = "",
    goal: Annotated[Direction | None, typer.Option(help="By default what the recipe says is better.")] = None,
    together: Annotated[
        int,
        typer.Option(
            min=0,
            help="How many are trained at once, as one batch of nets and in one run, where they differ in rates, decay,"
            " initialisation, schedule or seed only; their values are those of runs alone up to rounding. 1: each is a"
            " run of its own. 0 chooses: up to 10 small nets.",
        ),
    ] = 0,
    prune: Annotated[
        bool, typer.Option("--prune", help="Stop trials that fall behind the median. Each is a run of its own then.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Decides what is tried.")] = 0,
    workers: Annotated[
        int,
        typer.Option("--workers", "--jobs", min=1, max=256, help="Processes that share the trials on this machine."),
    ] = 1,
    name: Annotated[str, typer.Option(help="The same name goes on with a sweep, or joins it.")] = "",
    storage: Annotated[
        str,
        typer.Option(
            help="A file on a disk of this machine. For several machines: grpc://HOST:PORT, which `dltui sweep serve`"
            " answers, or the URL of a database server that Optuna takes."
        ),
    ] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    on: On = "",
    partition: Partition = "",
    minutes: Minutes = DEFAULT.minutes,
    gpus: Gpus = DEFAULT.gpus,
    cpus: Cpus = DEFAULT.cpus,
    kinds: KindFiles = None,
    notify: Notify = None,
    stalled: NotifyStalled = None,
    as_json: AsJson = False,
    joins: Annotated[int, typer.Option("--joins", hidden=True, help="One of so many workers: it reports nothing.")] = 0,
) -> ExitStatus:
    """Search a recipe's options by Optuna. The best trials stand on standard output, the best command last.

    On a terminal with a live view: the best so far, all trials, what runs now. Ctrl-C stops (130), and says the command
    that goes on. Trials are chosen by a value of validation rows unless --metric names another. Files of kinds of your
    own are kept as they are when it begins; a sweep that goes on needs the same.
    """
    env = context.obj
    launch.check_choices(device, "auto", 0, "")
    changes = overrides.parse(settings or [])
    recipe = recipes.load(word, changes, changed_in=overrides.COMMAND_LINE, kinds=kinds or [])
    own = kind_files.contents(recipe.table)
    sharing = joins or min(workers, trials)
    job = wanted(on, partition, minutes, gpus, cpus)
    threads = max(1, (os.cpu_count() or 1) // sharing) if sharing > 1 and not job else 0
    spaces = tuple(map(search_space.parse, words))
    aim = goals.goal_of(recipe, metric, goal or "")
    held_out = goals.held_out(recipe, aim, {space.key for space in spaces})
    plan = sweep.Plan(
        word, held_out | changes, spaces, aim, sampler.value, trials, prune, device, threads, sharing, together,
        tuple(kinds or ()), job, kind_files.hashes(own),
    )  # fmt: skip
    sweep.check(plan)
    for text in recipe.ignored(changes) if not joins else ():
        env.tell(text)
    name = name or runs.new_id(recipe.name)  # two that begin in the same second are two
    url = storages.url_of(name, storage)
    with (
        Notifier(env, "sweep", notify, stalled, helps=bool(joins)) as notifier,
        kind_files.held(own),
        storages.faults_told(url),
        _lost_storage_told(lambda: _again(context, name, storage)),
        Interrupts(env.tell, hang_up=True, watch=notifier.watch) as interrupts,
    ):
        say = _Say(env, quiet=bool(joins))
        study = sweep.study_of(plan, name, storages.opened(url, storages.Watch(say, lambda: interrupts.status)), seed)
        if not joins:
            _begun(env, plan, recipe, held_out, name, url)
            for text in sweep.moved_ranges(plan, study):
                env.tell(text)
            notifier.begun(name)
        live = env.animated and not (as_json or joins or _is_ci(env))
        with LiveView(env, study, plan, name) if live else PlainLines(env, study, plan) as view:
            interrupts.tell, say.view = view.interrupted, view
            with _helpers(name, url, 0 if joins else sharing, interrupts, view):
                _search(study, plan, interrupts, view, joined=bool(joins))
        say.view = None
        if joins:
            return interrupts.status
        _raise_if_ended_early(study, plan, interrupts.status, _again(context, name, storage))
        status = _reported(env, study, plan, recipe, as_json)
        best = f"the best: {sweep_report.best_words(plan, study.best_trial)}"
        notifier.ended(name, f"{len(study.trials)} trials, {best}", status, best=study.best_value)
        return status


def _is_ci(env) -> bool:
    """Whether the variable that services of continuous integration set says that this is one: a log is read later."""
    return env.variables.get("CI", "").lower() not in ("", "0", "false")


def _begun(env, plan: sweep.Plan, recipe: recipes.Recipe, held_out: dict[str, object], name: str, url: str) -> None:
    env.tell(f"sweep {name}: {plan.goal.metric}, {plan.goal.words}, {storages.shown(url)}")
    for key, share in held_out.items():
        what = "this share of the training rows is held out to choose trials by, unless the data have validation rows"
        env.tell(f"{overrides.written(key, share)}: {what}")
    if goals.sees_test_rows(recipe, plan.goal.metric):
        env.tell(f"{plan.goal.metric} is measured on test rows: the best of many trials by it looks better than it is")
    if plan.grid and plan.grid.count > plan.trials:
        env.tell(
            f"the {plan.sampler} has {plan.grid.count:,} combinations; --trials {plan.trials} tries the first ones"
        )


def _search(study, plan: sweep.Plan, interrupts: Interrupts, view: LiveView | PlainLines, *, joined: bool) -> None:
    """Makes trials until none is due. One that joined leaves those of others to them; else they are waited for."""
    made = Trials(
        study, plan, lambda engine: Interruptible(engine, interrupts), lambda: bool(interrupts.status), view.say,
        view.news, view.look,
    )  # fmt: skip
    parent, told = os.getppid(), False
    while not interrupts.status and not (joined and os.getppid() != parent):  # whose command it was is gone
        others = abandoned.settle(study, plan)
        view.look()
        if sweep.left(study, plan):
            with closing(made.next()) as ended:
                for trial in ended:
                    view.ended(trial)
        elif others and not joined:
            if not told and plan.workers == 1:
                view.say(f"waiting for {len(others)} trials of other processes, first trial {others[0] + 1}")
            told = True
            time.sleep(LOOK)
        else:
            return


def _raise_if_ended_early(study, plan: sweep.Plan, interrupted: ExitStatus, again: str) -> None:
    """Raises DltuiError where the sweep was interrupted, or where no trial has a value."""
    count = sum(trial.state.name == "COMPLETE" for trial in study.get_trials(deepcopy=False))
    if interrupted:
        best = f" The best so far: {sweep_report.best_words(plan, study.best_trial)}" if count else ""
        raise DltuiError(f"The sweep was interrupted after {count} trials.{best}", f"Go on: {again}", interrupted)
    if not count:
        raise DltuiError("No trial came to an end with a value.", _reason(study), ExitStatus.FAILED)


def _reported(env, study, plan: sweep.Plan, recipe: recipes.Recipe, as_json: bool) -> ExitStatus:
    """Reports what was found. Raises DltuiError where that is less than was asked for."""
    if as_json:
        sweep_report.as_json(env, study)
    else:
        sweep_report.show(env, study, plan, recipe)
    if missing := sweep.missing(study.get_trials(deepcopy=False), plan):
        reason = f"The sweep ended {missing} trials short: as many as were asked for have failed."
        raise DltuiError(reason, f"Why the first one did: {_reason(study)}", ExitStatus.FAILED)
    return ExitStatus.OK


@contextmanager
def _lost_storage_told(again: Callable[[], str]) -> Iterator[None]:
    """Says how a sweep goes on whose storage is lost. Raises DltuiError."""
    try:
        yield
    except StorageLost as lost:
        raise DltuiError(lost.message, f"{lost.hint}\nGo on: {again()}".strip(), lost.status) from None


def _again(context: typer.Context, name: str, storage: str) -> str:
    """The command line that goes on with the sweep."""
    given = context.params | {"name": name, "storage": storages.shown(storage), "as_json": False}
    words = ["dltui", "sweep", given["word"], *given["words"]]
    for option in context.command.params:
        value = given.get(option.name)
        if option.param_type_name == "option" and value and value != option.default:
            for each in value if isinstance(value, list | tuple) else (value,):
                words += [option.opts[0], *([] if option.is_flag else [str(each)])]
    return shlex.join(words)


@contextmanager
def _helpers(name: str, url: str, workers: int, interrupts: Interrupts, view: LiveView | PlainLines) -> Iterator[None]:
    """Processes that share the trials while the block runs; they end with it, or soon after it was interrupted."""
    helpers: list[subprocess.Popen] = []
    with tempfile.TemporaryFile() as said:
        try:
            for _ in range(1, workers):
                helpers.append(_joined(name, url, workers, said if view.owns_terminal else None))
            yield
        except BaseException:
            for helper in helpers:
                helper.terminate()
            raise
        finally:
            passed_on = 0
            while any(helper.poll() is None for helper in helpers):
                if interrupts.count > passed_on:
                    passed_on = interrupts.count
                    view.interrupted("the processes that share the trials are stopping too")
                    for helper in helpers:
                        helper.terminate()
                view.look()
                time.sleep(LOOK)
            if view.owns_terminal and any(helper.returncode not in ENDS for helper in helpers):
                said.seek(0)
                view.say(said.read().decode("utf-8", "replace").strip().rpartition("\n")[2])


def _joined(name: str, url: str, workers: int, said: BinaryIO | None) -> subprocess.Popen:
    """The same command as a process of its own, which joins the study. Its terminal's signals come by way of ours.

    said: where its lines go in the place of standard error.
    """
    own = [sys.executable, "-P", "-m", "dltui", *_without(sys.argv[1:])]
    joins = ["--joins", str(workers), "--name", name, "--storage", url]
    return subprocess.Popen(
        [*own, *joins], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
    )


def _without(words: list[str]) -> list[str]:
    """The command line without the options that a joining process is given anew."""
    kept, skip = [], False
    for word in words:
        own = word.partition("=")[0] in ("--workers", "--jobs", "--name", "--storage")
        if not own and not skip:
            kept.append(word)
        skip = own and "=" not in word
    return kept


def _reason(study) -> str:
    faults = [trial.user_attrs.get("error", "") for trial in study.get_trials(deepcopy=False)]
    return next(filter(None, faults), "See: dltui runs")


SUBCOMMANDS = {"search": command, "serve": sweep_serve.serve}
