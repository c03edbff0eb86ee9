"""`dltui verify`: runs recipes and checks what they claim."""

import os
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from statistics import fmean
from typing import Annotated, NamedTuple

import typer

from dltui import paths
from dltui.cli import complete
from dltui.cli.columns import aligned
from dltui.cli.commands.list import rows as listed
from dltui.cli.follow import Interruptible, Interrupts, quietly
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import launch
from dltui.recipes import recipe as recipes
from dltui.runs.history import History

EXAMPLES = """
dltui verify
dltui verify mlp-moons --seeds 3
dltui verify --topic foundations --json
dltui verify --smoke              # only: does each one run, and does its loss fall
"""
SMOKE_SHARE, SMOKE_LEAST = 0.05, 30  # of a recipe's steps; steps


class Verdict(NamedTuple):
    """One line of the table: one claim of one run, or that the run itself failed."""

    recipe: str
    seed: int
    claim: str
    want: str
    got: float | str | None
    ok: bool
    seconds: float


def command(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[RECIPE]...", help="Names or files; without: all.", autocompletion=complete.recipes),
    ] = None,
    topic: Annotated[str, typer.Option(help="Only one topic.", autocompletion=complete.topics)] = "",
    smoke: Annotated[bool, typer.Option("--smoke", help="A few steps: it finishes, its loss falls.")] = False,
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from the recipe's own upwards.")] = 1,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the runs among your own.")] = False,
    as_json: AsJson = False,
) -> ExitStatus:
    """Run recipes on built-in data and check their claims. Status 7 where one is not met."""
    env = context.obj
    chosen = list(names or ()) or [row["name"] for row in listed(topic)]
    for name in chosen:
        recipes.load(name)  # every name and file is sound before the first run begins
    verdicts: list[Verdict] = []
    with _place(keep), Interrupts(env.tell) as interrupts:
        for found in _smokes(chosen, interrupts) if smoke else _checks(chosen, seeds, interrupts):
            verdicts += found
            for verdict in found:
                env.tell(f"{verdict.recipe}: {verdict.claim} {'ok' if verdict.ok else 'NOT MET'}")
    if as_json:
        env.print_json([verdict._asdict() for verdict in verdicts])
    else:
        _print_table(env, verdicts)
    return ExitStatus.OK if all(verdict.ok for verdict in verdicts) else ExitStatus.CLAIM


@contextmanager
def _place(keep: bool) -> Iterator[None]:
    """Runs go to a folder that is removed afterwards; what was cached (data, judges) is used and kept."""
    if keep:
        yield
        return
    before = {name: os.environ.get(name) for name in ("DLTUI_HOME", "DLTUI_CACHE")}
    with tempfile.TemporaryDirectory(prefix="dltui-verify-") as folder:
        os.environ |= {"DLTUI_CACHE": str(paths.cache()), "DLTUI_HOME": folder}
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})


def _checks(names: list[str], seeds: int, interrupts: Interrupts) -> Iterator[list[Verdict]]:
    for name in names:
        for offset in range(seeds):
            yield _verified(name, offset, interrupts)


def _smokes(names: list[str], interrupts: Interrupts) -> Iterator[list[Verdict]]:
    """One run a core at a time: most of so short a run is its engine's start, which has no use for a second core."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        yield from pool.map(lambda name: _smoked(name, interrupts), names)


def _verified(name: str, offset: int, interrupts: Interrupts) -> list[Verdict]:
    seed = recipes.load(name).train["seed"] + offset
    history, seconds, failure = _ran(name, {"data.from": "builtin", "train.seed": seed}, interrupts)
    if failure:
        return [Verdict(name, seed, "runs to its end", "done", failure, False, seconds)]
    expect = history.finished["expect"] or [{"name": "runs to its end", "want": "done", "got": "done", "ok": True}]
    return [Verdict(name, seed, item["name"], item["want"], item["got"], item["ok"], seconds) for item in expect]


def _smoked(name: str, interrupts: Interrupts) -> list[Verdict]:
    train = recipes.load(name).train
    steps = min(train["steps"], max(SMOKE_LEAST, int(SMOKE_SHARE * train["steps"])))
    changes = {"data.from": "builtin", "train.steps": steps, "train.evaluate_every": steps}
    history, seconds, failure = _ran(name, changes, interrupts, threads=1)
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


def _ran(name: str, changes: dict, interrupts: Interrupts, threads: int = 0) -> tuple[History, float, str]:
    """Runs a recipe to its end: its history, the seconds it took, and why it failed or "".

    Raises DltuiError (130, 143) where the user interrupted it.
    """
    if interrupts.status:
        raise DltuiError("verify was interrupted.", f"Go on from here: dltui verify {name} ...", interrupts.status)
    recipe = launch.with_source(recipes.load(name, changes))
    begun = time.monotonic()
    engine = launch.start(recipe, overrides=changes, threads=threads, argv=("verify", name))
    history = quietly(Interruptible(engine, interrupts))
    seconds = round(time.monotonic() - begun, 1)
    if interrupts.status:
        raise DltuiError("verify was interrupted.", f"Go on from here: dltui verify {name} ...", interrupts.status)
    finished = history.finished
    if finished is None:
        return history, seconds, f"its engine died: {launch.last_words(engine.run, 1)}"
    return history, seconds, "" if finished["status"] == "done" else finished["error"] or finished["status"]


def _print_table(env, verdicts: list[Verdict]) -> None:
    from dltui.render.number import number

    rows = [("RECIPE", "SEED", "CLAIM", "WANT", "GOT", "", "SECONDS")]
    for one in verdicts:
        got = number(one.got) if isinstance(one.got, int | float) else str(one.got)
        met = "ok" if one.ok else "NOT MET"
        rows.append((one.recipe, str(one.seed), one.claim, one.want, got, met, f"{one.seconds:.1f}"))
    header, *lines = aligned(rows, env.table_width, right=(1, 6))
    env.print(header, bold=True)
    env.print("\n".join(lines))
    missed = sum(not verdict.ok for verdict in verdicts)
    env.tell(f"{len(verdicts) - missed} of {len(verdicts)} met")
