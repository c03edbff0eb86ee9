"""`dltui sweep`: searches a recipe's options; every trial is a run, or a variant of one."""

import os
import subprocess
import sys
import time
from contextlib import closing
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
from dltui.search import space as search_space
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
    recipe = recipes.load(word, changes)
    sharing = joins or workers
    threads = max(1, (os.cpu_count() or 1) // sharing) if sharing > 1 else 0
    spaces = tuple(map(search_space.parse, words))
    aim = sweep.goal_of(recipe, metric, goal or "")
    plan = sweep.Plan(word, changes, spaces, aim, sampler.value, trials, prune, device, threads, sharing, together)
    sweep.check(plan)
    name = name or f"{recipe.name}-{time.strftime('%Y%m%d-%H%M%S')}"
    url = sweep.storage_of(name, storage)
    study = sweep.study_of(plan, name, url, seed)
    if not joins:
        env.tell(f"sweep {name}: {plan.goal.metric} {'up' if plan.goal.greatest else 'down'}, {url}")
    helpers = [_joined(name, url, seed + number, workers) for number in range(1, workers)]
    try:
        with Interrupts(env.tell) as interrupts:
            made = Trials(
                study, plan, lambda engine: Interruptible(engine, interrupts), lambda: bool(interrupts.status), env.tell
            )
            while sweep.left(study, plan) and not interrupts.status:
                with closing(made.next()) as ended:
                    for trial in ended:
                        _told(env, study, plan, trial)
        for helper in helpers:
            helper.wait()
    finally:
        for helper in helpers:
            helper.terminate()
    if joins:
        return interrupts.status
    ended = [trial for trial in study.get_trials(deepcopy=False) if trial.state.name == "COMPLETE"]
    if interrupts.status:
        again = f"dltui sweep ... --name {name}" + (f" --storage {storage}" if storage else "")
        raise DltuiError(f"The sweep was interrupted after {len(ended)} trials.", f"Go on: {again}", interrupts.status)
    if not ended:
        raise DltuiError("No trial came to an end with a value.", _reason(study), ExitStatus.FAILED)
    _report(env, plan, study, as_json)
    return ExitStatus.OK


def _joined(name: str, url: str, seed: int, workers: int) -> subprocess.Popen:
    """The same command as a process of its own, which joins the study."""
    own = [sys.executable, "-P", "-m", "dltui", *_without(sys.argv[1:])]
    joins = ["--joins", str(workers), "--name", name, "--storage", url, "--seed", str(seed)]
    return subprocess.Popen([*own, *joins], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _without(words: list[str]) -> list[str]:
    """The command line without the options that a joining process is given anew."""
    kept, skip = [], False
    for word in words:
        own = word.partition("=")[0] in ("--workers", "--name", "--storage", "--seed")
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
    rows = [("TRIAL", plan.goal.metric.upper(), *keys, "RUN")]
    rows += [
        (str(t.number + 1), number(t.value), *(_short(t.params[key]) for key in keys), t.user_attrs["run"])
        for t in ranked
    ]
    header, *lines = aligned(rows, env.table_width, right=(0, 1))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    others = sum(trial.state.name in ("FAIL", "PRUNED") for trial in everything)
    env.tell(f"{len(ended)} trials ended" + (f", {others} failed or were stopped" if others else ""))
    env.tell(f"The best again: {sweep.command(plan, ranked[0])}")


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
