"""A run from its recipe to its last event: data, lanes, threads, the loop, the claims."""

import time

import torch

from dltui import recipe as recipes
from dltui.engine import checkpoint, device, threads, together
from dltui.engine.checkpoint import Checkpoint
from dltui.engine.control import Control
from dltui.engine.dataset import Dataset
from dltui.engine.lane import Lane, NonFiniteLoss
from dltui.engine.loop import Loop, Outcome
from dltui.engine.reading import sources
from dltui.errors import ExitStatus
from dltui.events import EventLog
from dltui.recipe import Recipe
from dltui.run import Run

PROGRESS_SECONDS = 0.3  # between two notes of progress
EXIT = {"done": ExitStatus.OK, "diverged": ExitStatus.DIVERGED}


def run_recipe(run: Run, log: EventLog, control: Control) -> ExitStatus:
    """Runs what the folder holds, from its checkpoint where it has one, and writes `finished`.

    Raises DltuiError where it cannot begin.
    """
    recipe = recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file)
    info = run.info()
    saved = checkpoint.read_newest(run.checkpoints, lambda text: log.write("note", level="warning", text=text))
    where = device.choose(info.get("device", "auto"))
    precision = device.precision(info.get("precision", "auto"), where)
    most_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # until it is measured: two on small work can be many times slower than one
    data = load_data(recipe, log, saved)
    as_one = info.get("as_one", False)
    lanes = make_lanes(recipe, data, where, precision, as_one=as_one)
    count = saved.values["threads"] if saved else info.get("threads", 0) or int(as_one)  # small nets: one is enough
    count, measured = _choose_threads(lanes, where, count, most_threads)
    if measured:
        lanes = make_lanes(recipe, data, where, precision)  # the measurement trained them a little
    loop = Loop(lanes, run, log, control, as_one=as_one)
    if saved:
        loop.restore(saved)
    first = next(iter(data.values()))
    log.write(
        "started",
        device=device.describe(where),
        precision=precision,
        threads=count,
        task=recipe.task.kind,
        threads_measured={str(n): round(seconds, 6) for n, seconds in measured.items()},
        params=max(lane.params for lane in lanes),
        least_params=min(lane.params for lane in lanes),
        steps=loop.training.steps,
        step=loop.step,
        series=[lane.series for lane in lanes],
        knobs=lanes[0].knobs(),
        classes=list(first.classes) if first else [],
        data=_told(recipe, first),
        torch=torch.__version__,
    )
    outcome = loop.train()
    return _finish(log, loop, recipe, outcome, lanes[0].source, control)


def _told(recipe: Recipe, data: Dataset | None) -> dict:
    """What `started` says of the data; a task that needs none has made its own."""
    if data is None:
        return {"kind": "", "from": "builtin", "rows": 0, "detail": ""}
    return {"kind": recipe.data.kind, "from": data.source, "rows": len(data.train.inputs), "detail": data.detail}


def _finish(log: EventLog, loop: Loop, recipe: Recipe, outcome: Outcome, source: str, control: Control) -> ExitStatus:
    claims = recipe.claims_for(source) if outcome.status == "done" else []
    status = EXIT.get(outcome.status) or (ExitStatus.TERMINATED if control.terminated else ExitStatus.INTERRUPTED)
    if outcome.status == "done":
        status = ExitStatus.OK
    log.write(
        "finished",
        status=outcome.status,
        exit=int(status),
        step=outcome.step,
        steps=loop.training.steps,
        summary=loop.summary.last(),
        expect=loop.summary.judged(claims),
        seconds=round(outcome.seconds, 3),
        error=outcome.error,
        diverged=loop.diverged,
        hint="",
    )
    log.sync()
    return status


def source_of(variant: Recipe, saved: Checkpoint | None, name: str) -> str:
    """Returns where a variant's rows come from; those of a resumed run from where they came when it began."""
    began = saved.values["lanes"][name]["source"] if saved else "auto"
    return variant.data_from if began in ("auto", "path") else began


def load_data(recipe: Recipe, log: EventLog, saved: Checkpoint | None = None) -> dict[str, Dataset | None]:
    """Returns variant -> its data, None where its task needs none; variants whose `[data]` is the same share one.

    Tells what was chosen and why.
    """
    told = 0.0

    def report(text: str) -> None:
        nonlocal told
        if time.perf_counter() - told > PROGRESS_SECONDS:
            told = time.perf_counter()
            log.write("note", level="progress", text=text)

    loaded: dict[str, Dataset] = {}
    found = {}
    for name, variant in recipe.variants.items():
        if variant.data is None:
            found[name] = None
            continue
        section = variant.table["data"]
        key = repr(sorted(section.items()))
        if key not in loaded:
            source = source_of(variant, saved, name)
            data = loaded[key] = sources.load(variant.data, source, report)
            log.write("note", level="info", text=f"data: {data.detail}")
            for note in data.notes:
                log.write("note", level="warning", text=note)
        found[name] = loaded[key]
    return found


def make_lanes(
    recipe: Recipe, data: dict[str, Dataset | None], where: torch.device, precision: str, *, as_one: bool = False
) -> list[Lane]:
    """Returns one lane a variant, each begun from the recipe's seed.

    as_one: raises DltuiError at the first that cannot be of a batch, before the memory is full of large ones.
    """
    lanes = []
    for name, variant in recipe.variants.items():
        lanes.append(Lane(name, variant, data[name], where, precision))
        if as_one and not together.likeness(lanes[-1]):
            raise together.refusal()
    return lanes


def _choose_threads(lanes: list[Lane], where: torch.device, wanted: int, most: int) -> tuple[int, dict[int, float]]:
    """Sets torch's threads: those wanted, else on a CPU by a measurement. Returns (threads, {threads: s a step})."""
    if not lanes[0].learns:
        wanted = wanted or 1
    if wanted or where.type != "cpu":
        torch.set_num_threads(wanted or most)
        return wanted or most, {}

    def step() -> None:
        try:
            lanes[0].advance()
        except NonFiniteLoss:
            lanes[0].feed.seek(0)

    return threads.choose(step, most)
