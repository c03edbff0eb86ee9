"""`dltui verify`: runs recipes and checks what they claim."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from statistics import fmean
from typing import Annotated, NamedTuple

import typer

from dltui.cli import complete, temporary_home
from dltui.cli.commands.list import rows as listed
from dltui.cli.fitted_table import Column, fitted
from dltui.cli.follow import Interruptible, Interrupts, quietly
from dltui.cli.notifying import Notifier, Notify, NotifyStalled
from dltui.cli.on_cluster import DEFAULT, Cpus, Gpus, Minutes, On, Partition, wanted
from dltui.cli.words import AsJson, KindFiles
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import cluster, data_source, launch
from dltui.jobs.cluster import Wanted
from dltui.recipes import kind_files, seeds
from dltui.recipes import recipe as recipes
from dltui.recipes import twins as wrong_twins
from dltui.recipes.recipe import Recipe
from dltui.runs.history import History

EXAMPLES = """
dltui verify
dltui verify mlp-moons --seeds 3
dltui verify --topic foundations --json
dltui verify --smoke              # only: does each one run, and does its loss fall
dltui verify --seeds 3 --on slurm --minutes 30    # all at once, as jobs of a cluster
dltui verify --twins              # runs of spoilt recipes: does a claim fail on each one
"""
Load = Callable[..., Recipe]  # `recipes.load` with the files of kinds that were named
NAMED = 3  # recipes that a notification names
CLAIM = 24  # cells below which the name of a claim is not cut while there are other columns to leave out
JOBS = 64  # that wait in a cluster's queue at once
SMOKE_SHARE, SMOKE_LEAST = 0.05, 30  # of a recipe's steps; steps


class Place(NamedTuple):
    """Where recipes run: `job`, each as a job of a cluster; else on this machine. Ctrl-C is served by `interrupts`."""

    interrupts: Interrupts
    job: Wanted | None


class Verdict(NamedTuple):
    """One line of the table: one claim of one run, or that the run itself failed.

    Of a wrong twin: a claim that fails on it, as it should (ok), or that none does.
    """

    recipe: str
    seed: int
    claim: str
    want: str
    got: float | str | None
    ok: bool
    seconds: float
    twin: str = ""


def command(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RECIPE]...", help="Names or files; without: all.", autocompletion=complete.recipes),
    ] = None,
    topic: Annotated[str, typer.Option(help="Only one topic.", autocompletion=complete.topics)] = "",
    smoke: Annotated[bool, typer.Option("--smoke", help="A few steps: it finishes, its loss falls.")] = False,
    twins: Annotated[
        bool, typer.Option("--twins", help="Run each recipe's [twin.NAME], spoilt on purpose: a claim must fail.")
    ] = False,
    seeds: Annotated[
        int, typer.Option(min=1, max=1000, help="How many seeds, from the recipe's own upwards; of generated rows too.")
    ] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the runs among your own.")] = False,
    on: On = "",
    partition: Partition = "",
    minutes: Minutes = DEFAULT.minutes,
    gpus: Gpus = DEFAULT.gpus,
    cpus: Cpus = DEFAULT.cpus,
    kinds: KindFiles = None,
    notify: Notify = None,
    stalled: NotifyStalled = None,
    as_json: AsJson = False,
) -> ExitStatus:
    """Run recipes on built-in data and check their claims. Status 7 where one is not met.

    With --twins it is 7 where a wrong twin meets every claim; one that diverges has failed them. With --on slurm they
    run side by side, as jobs.
    """
    env, job = context.obj, wanted(on, partition, minutes, gpus, cpus)
    if twins and smoke:
        raise DltuiError("--smoke and --twins are two questions.", "Ask one at a time.", ExitStatus.USAGE)
    chosen = list(names or ()) or [row["name"] for row in listed(topic)]
    load: Load = partial(recipes.load, kinds=kinds or ())
    sound = [load(name) for name in chosen]  # every name and file is sound before the first run begins
    own = {path: data for one in sound for path, data in kind_files.contents(one.table).items()}
    if twins:
        chosen = _with_twins(chosen, load, env.tell if names else lambda text: None)
    ask = _smokes if smoke else partial(_twins if twins else _checks, seeds=seeds)
    verdicts: list[Verdict] = []
    with Notifier(env, "verify", notify, stalled) as notifier:
        notifier.begun(_in_short(chosen))
        handled = Interrupts(env.tell, hang_up=True, watch=notifier.watch)
        home = nullcontext() if keep else temporary_home.entered(shared=bool(job))
        with kind_files.held(own), home, handled as interrupts:
            for found in ask(chosen, load=load, place=Place(interrupts, job)):
                verdicts += found
                for verdict in found:
                    env.tell(f"{_subject(verdict)}: {verdict.claim} {_outcome(verdict)}")
        missed = sum(not verdict.ok for verdict in verdicts)
        said = f"{len(verdicts) - missed} of {len(verdicts)} met" if not twins else _caught(verdicts)
        status = ExitStatus.CLAIM if missed else ExitStatus.OK
        notifier.ended(_in_short(chosen), said, status, met=len(verdicts) - missed, checked=len(verdicts))
    if as_json:
        env.print_json([verdict._asdict() for verdict in verdicts])
    else:
        _print_table(env, verdicts)
    return status


def _in_short(names: list[str]) -> str:
    """What is verified, as a notification says it."""
    return ", ".join(names) if len(names) <= NAMED else f"{len(names)} recipes"


def _checks(names: list[str], *, load: Load, seeds: int, place: Place) -> Iterator[list[Verdict]]:
    cases = [(name, offset) for name in names for offset in range(seeds)]
    return _in_turn(lambda case: _verified(case[0], load, case[1], place), cases, JOBS if place.job else 1)


def _in_turn(judge: Callable[[tuple], list[Verdict]], cases: list[tuple], at_once: int) -> Iterator[list[Verdict]]:
    """Yields the verdicts of all cases in their order."""
    if at_once == 1:
        yield from map(judge, cases)
        return
    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(judge, cases)


def _with_twins(names: list[str], load: Load, tell: Callable[[str], None]) -> list[str]:
    """Returns those of the recipes that have a [twin.NAME]. Raises DltuiError (3) where none has."""
    found = [name for name in names if wrong_twins.of(load(name).table)]
    for name in names:
        if name not in found:
            tell(f"{name} has no [twin.NAME].")
    if not found:
        hint = "How one looks: dltui show perceptron --toml"
        raise DltuiError("None of these recipes has a [twin.NAME].", hint, ExitStatus.NOT_FOUND)
    return found


def _twins(names: list[str], *, load: Load, seeds: int, place: Place) -> Iterator[list[Verdict]]:
    twins = [(name, twin) for name in names for twin in wrong_twins.of(load(name).table)]
    cases = [(name, twin, offset) for name, twin in twins for offset in range(seeds)]
    return _in_turn(lambda case: _judged(case[0], case[1], load, case[2], place), cases, JOBS if place.job else 1)


def _judged(name: str, twin: str, load: Load, offset: int, place: Place) -> list[Verdict]:
    """Which claims fail on a wrong twin; one line that is not ok where none does, or where it could not be judged."""
    recipe, changes = _seeded(name, load, offset)
    table = wrong_twins.applied(recipe.table, wrong_twins.of(load(name).table)[twin])
    made = recipe._replace(table={**table, "title": f"{recipe.title} (wrong twin: {twin})"})
    history, seconds, failure = _ran(made, changes, place, label=f"twin-{twin.replace('_', '-')}")
    seed = changes["train.seed"]
    if failure:
        diverged = history.finished is not None and history.finished["status"] == "diverged"
        return [Verdict(name, seed, "runs to its end", "done", failure, diverged, seconds, twin)]
    failed = [item for item in history.finished["expect"] if not item["ok"]]
    if not failed:
        return [Verdict(name, seed, "every claim", "fails", "met", False, seconds, twin)]
    return [Verdict(name, seed, item["name"], item["want"], item["got"], True, seconds, twin) for item in failed]


def _seeded(name: str, load: Load, offset: int) -> tuple[Recipe, dict[str, object]]:
    """A recipe on built-in data with its seeds moved, those of its generated rows too; and what was changed for it."""
    recipe = load(name)
    changes = {"data.from": "builtin", "train.seed": recipe.train["seed"] + offset}
    if offset and (seed := seeds.of_data(recipe.table)) is not None:
        changes["data.seed"] = seed + offset
    return load(name, changes), changes


def _smokes(names: list[str], *, load: Load, place: Place) -> Iterator[list[Verdict]]:
    """One run a core at a time: most of so short a run is its engine's start, which has no use for a second core."""
    at_once = JOBS if place.job else os.cpu_count() or 1
    return _in_turn(lambda case: _smoked(case[0], load, place), [(name,) for name in names], at_once)


def _verified(name: str, load: Load, offset: int, place: Place) -> list[Verdict]:
    recipe, changes = _seeded(name, load, offset)
    seed = changes["train.seed"]
    history, seconds, failure = _ran(recipe, changes, place)
    if failure:
        return [Verdict(name, seed, "runs to its end", "done", failure, False, seconds)]
    expect = history.finished["expect"] or [{"name": "runs to its end", "want": "done", "got": "done", "ok": True}]
    return [Verdict(name, seed, item["name"], item["want"], item["got"], item["ok"], seconds) for item in expect]


def _smoked(name: str, load: Load, place: Place) -> list[Verdict]:
    train = load(name).train
    steps = min(train["steps"], max(SMOKE_LEAST, int(SMOKE_SHARE * train["steps"])))
    changes = {"data.from": "builtin", "train.steps": steps, "train.evaluate_every": steps}
    history, seconds, failure = _ran(load(name, changes), changes, place, threads=1)
    verdicts = [Verdict(name, train["seed"], "runs to its end", "done", failure or "done", not failure, seconds)]
    for label, first, last, better in learned(history) if not failure else ():
        want, ok = (f"> {first:.4g}", last > first) if better == "higher" else (f"< {first:.4g}", last < first)
        verdicts.append(Verdict(name, train["seed"], label, want, last, ok, seconds))
    return verdicts


def learned(history: History) -> Iterator[tuple[str, float, float, str]]:
    """(name, mean of its first values, of its last, which way is better) of what training is to improve at once.

    Not of what the recipe claims to stay bad, such as the loss of a variant that cannot learn.
    """
    claims = {claim["name"]: claim["want"] for claim in (history.finished or {}).get("expect", ())}
    for (series, metric), curve in history.curves.items():
        if metric in history.declared and history.declared[metric].progress and len(curve.values) > 1:
            name, better = f"{series}.{metric}" if series else metric, history.declared[metric].better
            if claims.get(name, "").startswith("<" if better == "higher" else ">"):
                continue
            part = max(1, len(curve.values) // 5)
            yield name, fmean(curve.values[:part]), fmean(curve.values[-part:]), better


def _ran(
    recipe: Recipe, changes: dict, place: Place, *, threads: int = 0, label: str = ""
) -> tuple[History, float, str]:
    """Runs a recipe, which has its `changes` already: its history, the seconds it took, and why it failed or "".

    Raises DltuiError (130, 143) where the user interrupted it.
    """
    bundled = recipe.path is None or recipes.is_bundled(recipe.path)
    words, interrupts = ("verify", recipe.name if bundled else str(recipe.path)), place.interrupts
    if interrupts.status:
        raise _interrupted(recipe, interrupts)
    begun = time.monotonic()
    asked = {"overrides": changes, "threads": threads, "name": label, "argv": words, "owned": True}
    engine = cluster.start(data_source.with_source(recipe), place.job, **asked)
    history = quietly(Interruptible(engine, interrupts))
    seconds = round(time.monotonic() - begun, 1)
    if interrupts.status:
        raise _interrupted(recipe, interrupts)
    finished = history.finished
    if finished is None:
        return history, seconds, f"its engine died: {launch.last_words(engine.run, 1)}"
    return history, seconds, "" if finished["status"] == "done" else finished["error"] or finished["status"]


def _interrupted(recipe: Recipe, interrupts: Interrupts) -> DltuiError:
    hint = f"Go on from here: dltui verify {recipe.name} ..."
    return DltuiError("verify was interrupted.", hint, interrupts.status)


def _subject(verdict: Verdict) -> str:
    return f"{verdict.recipe}, twin {verdict.twin}" if verdict.twin else verdict.recipe


def _outcome(verdict: Verdict) -> str:
    if verdict.twin:
        return "fails, as it should" if verdict.ok else "NOT CAUGHT"
    return "ok" if verdict.ok else "NOT MET"


def _caught(verdicts: list[Verdict]) -> str:
    caught = {(one.recipe, one.twin, one.seed): one.ok for one in verdicts}
    return f"{sum(caught.values())} of {len(caught)} wrong twins fail a claim"


def _print_table(env, verdicts: list[Verdict]) -> None:
    from dltui.render.claims import bound
    from dltui.render.number import number

    of_twins = any(verdict.twin for verdict in verdicts)
    wanted = [bound({"want": one.want}, short=True) for one in verdicts]
    columns = [
        Column("RECIPE", [one.recipe for one in verdicts]),
        Column("TWIN", [one.twin or "" for one in verdicts]),
        Column("SEED", [str(one.seed) for one in verdicts], right=True),
        Column("CLAIM", [one.claim for one in verdicts], least=CLAIM),
        Column("WANT", [one.want for one in verdicts], short=wanted),
        Column("GOT", [number(one.got) if isinstance(one.got, int | float) else str(one.got) for one in verdicts]),
        Column("", [_outcome(one) for one in verdicts]),
        Column("SECONDS", [f"{one.seconds:.1f}" for one in verdicts], right=True),
    ]
    (header, *lines), left_out = fitted(columns, env.table_width, ("SECONDS",))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    if left_out:
        env.tell("No room for SECONDS: dltui verify --json, or a wider terminal")
    if of_twins:
        env.tell(_caught(verdicts))
        return
    missed = sum(not verdict.ok for verdict in verdicts)
    env.tell(f"{len(verdicts) - missed} of {len(verdicts)} met")
