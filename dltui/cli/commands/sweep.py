"""`dltui sweep`: searches a recipe's options; every trial is a run, or a variant of one."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from typing import Annotated

import typer

from dltui.cli import complete
from dltui.cli.columns import aligned
from dltui.cli.follow import Interruptible, Interrupts
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import overrides
from dltui.recipes import recipe as recipes
from dltui.search import abandoned
from dltui.search import space as search_space
from dltui.search import storage as storages
from dltui.search import study as sweep
from dltui.search.trials import Trials

EXAMPLES = """
dltui sweep softmax-digits optimizer.lr=log:1e-3..1 optimizer.momentum=0.0..0.95   # small nets: many at once
dltui sweep mlp-moons optimizer.lr=log:1e-4..1 'model.activation=relu|tanh' --metric net.test_loss --goal min
dltui sweep lenet-mnist train.batch=16..256 --set train.steps=300 --sampler random
dltui sweep mlp-mnist 'model.hidden=[16]|[64]|[64,64]' --sampler grid --json
dltui sweep gan-mnist optimizer.lr=log:1e-5..1e-2 --name night --storage sqlite:////shared/night.db   # on each machine
"""
ROWS = 14  # lines of the picture
LOOK = 0.1  # seconds between two looks at what other processes do


class Sampler(StrEnum):
    tpe = "tpe"
    random = "random"
    grid = "grid"


class Direction(StrEnum):
    max = "max"
    min = "min"


def command(
    context: typer.Context,
    word: Annotated[str, typer.Argument(metavar="RECIPE", help="Name or file.", autocompletion=complete.recipes)],
    words: Annotated[list[str], typer.Argument(metavar="KEY=SPACE...", help="LOW..HIGH, log:LOW..HIGH or A|B|C.")],
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A change to every trial; more than once.")
    ] = None,
    trials: Annotated[
        int, typer.Option(min=1, help="How many in all; those of an earlier sweep of the name count.")
    ] = 20,
    sampler: Annotated[Sampler, typer.Option(help="tpe learns from the trials before.")] = Sampler.tpe,
    metric: Annotated[str, typer.Option(help="A summary value; by default that of the recipe's first claim.")] = "",
    goal: Annotated[Direction | None, typer.Option(help="By default the way the recipe claims it.")] = None,
    together: Annotated[
        int,
        typer.Option(
            min=0,
            help="How many are trained at once, as one batch of nets and in one run, where they differ in rates, decay,"
            " initialisation, schedule or seed only. 1: each is a run of its own. 0 chooses: up to 10 small nets.",
        ),
    ] = 0,
    prune: Annotated[
        bool, typer.Option("--prune", help="Stop trials that fall behind the median. Each is a run of its own then.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Decides what is tried.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the trials on this machine.")] = 1,
    name: Annotated[str, typer.Option(help="The same name goes on with a sweep, or joins it.")] = "",
    storage: Annotated[str, typer.Option(help="A file, or a URL that Optuna takes, for several machines.")] = "",
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    as_json: AsJson = False,
    joins: Annotated[int, typer.Option("--joins", hidden=True, help="One of so many workers: it reports nothing.")] = 0,
) -> ExitStatus:
    """Search a recipe's options by Optuna. The best trials stand on standard output, the best command last."""
    env = context.obj
    changes = overrides.parse(settings or [])
    recipe = recipes.load(word, changes, changed_in=overrides.COMMAND_LINE)
    sharing = joins or min(workers, trials)
    threads = max(1, (os.cpu_count() or 1) // sharing) if sharing > 1 else 0
    spaces = tuple(map(search_space.parse, words))
    aim = sweep.goal_of(recipe, metric, goal or "")
    plan = sweep.Plan(word, changes, spaces, aim, sampler.value, trials, prune, device, threads, sharing, together)
    sweep.check(plan)
    for text in recipe.ignored(changes) if not joins else ():
        env.tell(text)
    name = name or f"{recipe.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    url = storages.url_of(name, storage)
    with storages.faults_told(url), Interrupts(env.tell, hang_up=True) as interrupts:
        study = sweep.study_of(plan, name, storages.opened(url), seed)
        if not joins:
            _begun(env, plan, name, url)
        with _helpers(name, url, 0 if joins else sharing, interrupts):
            _search(env, study, plan, interrupts, joined=bool(joins))
        if joins:
            return interrupts.status
        again = f"dltui sweep ... --name {name}" + (f" --storage {storages.shown(storage)}" if storage else "")
        return _ended(env, study, plan, interrupts.status, as_json, again)


def _begun(env, plan: sweep.Plan, name: str, url: str) -> None:
    env.tell(f"sweep {name}: {plan.goal.metric} {'up' if plan.goal.greatest else 'down'}, {storages.shown(url)}")
    if plan.grid and plan.grid.count > plan.trials:
        env.tell(f"the grid has {plan.grid.count:,} combinations; --trials {plan.trials} tries the first ones")


def _search(env, study, plan: sweep.Plan, interrupts: Interrupts, *, joined: bool) -> None:
    """Makes trials until none is due. One that joined leaves those of others to them; else they are waited for."""
    made = Trials(
        study, plan, lambda engine: Interruptible(engine, interrupts), lambda: bool(interrupts.status), env.tell
    )
    parent, told = os.getppid(), False
    while not interrupts.status and not (joined and os.getppid() != parent):  # whose command it was is gone
        others = abandoned.settle(study, plan)
        if sweep.left(study, plan):
            with closing(made.next()) as ended:
                for trial in ended:
                    _told(env, study, plan, trial)
        elif others and not joined:
            if not told and plan.workers == 1:
                env.tell(f"waiting for {len(others)} trials of other processes, first trial {others[0] + 1}")
            told = True
            time.sleep(LOOK)
        else:
            return


def _ended(env, study, plan: sweep.Plan, interrupted: ExitStatus, as_json: bool, again: str) -> ExitStatus:
    """Reports what was found. Raises DltuiError where that is not what was asked for."""
    count = sum(trial.state.name == "COMPLETE" for trial in study.get_trials(deepcopy=False))
    if interrupted:
        raise DltuiError(f"The sweep was interrupted after {count} trials.", f"Go on: {again}", interrupted)
    if not count:
        raise DltuiError("No trial came to an end with a value.", _reason(study), ExitStatus.FAILED)
    _report(env, plan, study, as_json)
    if missing := sweep.missing(study, plan):
        reason = f"The sweep ended {missing} trials short: as many as were asked for have failed."
        raise DltuiError(reason, f"Why the first one did: {_reason(study)}", ExitStatus.FAILED)
    return ExitStatus.OK


@contextmanager
def _helpers(name: str, url: str, workers: int, interrupts: Interrupts) -> Iterator[None]:
    """Processes that share the trials while the block runs; they end with it, or soon after it was interrupted."""
    helpers: list[subprocess.Popen] = []
    try:
        for _ in range(1, workers):
            helpers.append(_joined(name, url, workers))
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
                for helper in helpers:
                    helper.terminate()
            time.sleep(LOOK)


def _joined(name: str, url: str, workers: int) -> subprocess.Popen:
    """The same command as a process of its own, which joins the study. Its terminal's signals come by way of ours."""
    own = [sys.executable, "-P", "-m", "dltui", *_without(sys.argv[1:])]
    joins = ["--joins", str(workers), "--name", name, "--storage", url]
    return subprocess.Popen([*own, *joins], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)


def _without(words: list[str]) -> list[str]:
    """The command line without the options that a joining process is given anew."""
    kept, skip = [], False
    for word in words:
        own = word.partition("=")[0] in ("--workers", "--name", "--storage")
        if not own and not skip:
            kept.append(word)
        skip = own and "=" not in word
    return kept


def _told(env, study, plan: sweep.Plan, trial) -> None:
    """One line on a trial that has ended."""
    from dltui.render.number import number

    values = "  ".join(f"{key}={_short(value)}" for key, value in trial.params.items())
    if trial.state.name == "COMPLETE":
        best = f"best {number(study.best_value)} (trial {study.best_trial.number + 1})"
        found = f"{plan.goal.metric} {number(trial.value)}, {best}"
    elif trial.state.name == "PRUNED":
        found = "stopped: it fell behind the median"
    else:
        found = f"failed: {trial.user_attrs.get('error', '')}"
    env.tell(f"trial {trial.number + 1} of {sweep.expected(study, plan)}  {values}  {found}")


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _reason(study) -> str:
    faults = [trial.user_attrs.get("error", "") for trial in study.get_trials(deepcopy=False)]
    return next(filter(None, faults), "See: dltui runs")


def _report(env, plan: sweep.Plan, study, as_json: bool) -> None:
    """All trials, the best first, and on a terminal how the best came down; at last the command of the best."""
    from dltui.render.number import number

    everything = study.get_trials(deepcopy=False)
    if as_json:
        env.print_json([
            {"trial": t.number + 1, "state": t.state.name.lower(), "value": t.value, "values": t.params,
             **{name: t.user_attrs.get(name, "") for name in ("run", "variant", "error")}}
            for t in everything
        ])  # fmt: skip
        return
    ended = [trial for trial in everything if trial.state.name == "COMPLETE"]
    if env.animated and len(ended) > 1:
        _draw(env, plan, ended)
    ranked = sorted(ended, key=lambda trial: trial.value, reverse=plan.goal.greatest)
    keys = [space.key for space in plan.spaces]
    batched = any(sweep.variant_of(plan, trial) for trial in ranked)
    rows = [("TRIAL", plan.goal.metric.upper(), *keys, "RUN", *(["VARIANT"] if batched else []))]
    for t in ranked:
        values, variant = (_short(t.params[key]) for key in keys), sweep.variant_of(plan, t)
        run = t.user_attrs.get("run", "")
        rows.append((str(t.number + 1), number(t.value), *values, run, *([variant] if batched else [])))
    header, *lines = aligned(rows, env.table_width, right=(0, 1), whole=(2 + len(keys),))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    best, variant = ranked[0], sweep.variant_of(plan, ranked[0])
    others = sum(trial.state.name in ("FAIL", "PRUNED") for trial in everything)
    env.tell(f"{len(ended)} trials ended" + (f", {others} failed or were stopped" if others else ""))
    env.tell(f"Its run: dltui replay {best.user_attrs.get('run', '')}" + (f"   # variant {variant}" if variant else ""))
    env.tell(f"The best again: {sweep.command(plan, best)}")


def _draw(env, plan: sweep.Plan, ended: list) -> None:
    """Each trial's value, and the best so far."""
    from dltui.cli.drawing import draw
    from dltui.render import lines

    numbers = [trial.number + 1 for trial in ended]
    best = sweep.best_so_far(ended, plan.goal.greatest)
    curves = [
        {"name": "best so far", "x": numbers, "y": best},
        {"name": "trial", "x": numbers, "y": [trial.value for trial in ended]},
    ]
    payload = {"type": "lines", "curves": curves, "x_title": "trial", "y_title": plan.goal.metric}
    draw(env, lambda width, look: lines.render(payload, width, ROWS, look))
