"""A run from its recipe to its last event: data, learners, threads, the loop, the claims."""

import itertools
import time
from collections.abc import Callable
from contextlib import nullcontext
from functools import partial

import torch

from dltui import atomic_write
from dltui.engine.contracts import kinds, own_parts
from dltui.engine.contracts.identity import check_same
from dltui.engine.contracts.placement import ON_DEVICE, placement_of
from dltui.engine.contracts.rows import Rows
from dltui.engine.device import device, threads
from dltui.engine.device.gpu_meter import GpuMeter
from dltui.engine.reading import sources
from dltui.engine.training import checkpoint, same_rows, share_check, vmapped
from dltui.engine.training.algorithm_runner import AlgorithmRunner
from dltui.engine.training.checkpoint import Checkpoint
from dltui.engine.training.control import Control
from dltui.engine.training.distributed import Ranks
from dltui.engine.training.learner import Learner, NonFiniteLoss
from dltui.engine.training.loop import Loop, Outcome
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import log_check, record
from dltui.runs.events import EventLog
from dltui.runs.run import Run

PROGRESS_SECONDS = 0.3  # between two notes of progress
EXIT = {"done": ExitStatus.OK, "failed": ExitStatus.FAILED, "diverged": ExitStatus.DIVERGED}


def run_recipe(run: Run, log: EventLog, control: Control, ranks: Ranks | None = None) -> ExitStatus:
    """Runs what the folder holds, from its checkpoint where it has one, and writes `finished`.

    ranks: the processes that train it together, where there are several. Raises DltuiError where it cannot begin.
    """
    recipe = recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file, checked=True)
    info = run.info()
    if not ranks or ranks.first:
        atomic_write.remove_leftovers(run.path)

    def warn(text: str) -> None:
        log.write("note", level="warning", text=text)

    own_parts.call(run.path, info.get("kinds", ()))
    for own in info.get("kinds", ()):
        log.write("note", level="info", text=f"a kind of your own: {own['file']}, sha256 {own['sha256'][:12]}")
    found = checkpoint.whole(run.checkpoints, warn)
    saved = next(found, None)
    where = (ranks.device if ranks else device.choose)(info.get("device", "auto"))
    precision = device.precision(info.get("precision", "auto"), where)
    most_threads = torch.get_num_threads()
    torch.set_num_threads(1)  # until it is measured: two on small work can be many times slower than one
    with ranks.in_turn() if ranks else nullcontext():
        rows = load_rows(recipe, where, log, saved, is_stopped=lambda: control.terminated)
    same_rows.check(recipe, rows)
    first = next((each for each in rows.values() if each), None)
    if first and first.data.commit and not (ranks and not ranks.first):
        _record_commit(run, first.data.commit, warn)
    as_one = info.get("as_one", False)
    make = partial(make_learners, recipe, rows, where, precision, as_one=as_one)
    learners = share_check.shared(make, ranks) if ranks else make()
    count = saved.values["threads"] if saved else info.get("threads", 0) or int(as_one)  # small nets: one is enough
    if ranks:  # a measurement would take other steps in each
        count = min(count or most_threads, max(1, most_threads // ranks.local_world))
    count, measured = _choose_threads(learners, where, count, most_threads)
    if measured:
        learners = make()  # the measurement trained them a little
    compare = recipe.part("comparison")
    tasks = {each.series: each.task for each in learners}
    comparison = kinds.made("comparison", compare, tasks) if compare else None
    gpu_meter = GpuMeter.of(where) if not ranks or ranks.first else None
    loop = Loop(
        learners, run, log, control, comparison=comparison, as_one=as_one, gpu_meter=gpu_meter, ranks=ranks,
        compiles=info.get("compile", False) and not ranks,
    )  # fmt: skip
    if saved:
        checkpoint.use_newest(itertools.chain([saved], found), loop.restore, warn)
    if ranks:
        log.write("note", level="info", text=ranks.words(learners[0].batch_sampler.batch, len(learners)))
        if info.get("compile"):
            warn("not compiled: several processes share each batch")
    metered = gpu_meter.metrics if gpu_meter else {}
    log.write(
        "started",
        device=device.describe(where),
        precision=precision,
        threads=count,
        task=recipe.task.kind,
        threads_measured={str(n): round(seconds, 6) for n, seconds in measured.items()},
        params=max(learner.params for learner in learners),
        least_params=min(learner.params for learner in learners),
        steps=loop.training.steps,
        step=loop.step,
        series=[learner.series for learner in learners],
        knobs={key: value for each in reversed(learners) for key, value in each.knobs().items()},
        classes=list(first.classes) if first else [],
        data=_told(recipe, first),
        metrics={name: metric.as_event() for name, metric in {**recipe.metrics, **metered}.items()},
        files=log_check.digests(run),
        torch=torch.__version__,
    )
    outcome = loop.train()
    return _finish(log, loop, recipe, outcome, learners[0].source, control)


def _record_commit(run: Run, commit: str, warn: Callable[[str], None]) -> None:
    """Writes the commit of the hub's copy into run.json, which was there before the hub was asked."""
    try:
        record.change(run, commit=commit)
    except OSError as error:
        warn(f"the data's commit {commit[:7]} does not stand in run.json: {error.strerror}")


def _told(recipe: Recipe, rows: Rows | None) -> dict:
    """What `started` says of the data; a task that needs none has made its own."""
    if rows is None:
        return {"kind": "", "from": "builtin", "rows": 0, "detail": ""}
    data, where = rows.data, {"on": "host"} if rows.placement.train else {}
    told = {"kind": recipe.data.kind, "from": data.source, "rows": len(data.train.inputs), "detail": data.detail}
    return {**told, **({"commit": data.commit} if data.commit else {}), **where}


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
        hint=outcome.hint,
    )
    return status


def source_of(variant: Recipe, saved: Checkpoint | None, name: str) -> str:
    """Returns where a variant's rows come from; those of a resumed run from where they came when it began."""
    began = saved.values["learners"][name]["source"] if saved else "auto"
    return variant.data_from if began in ("auto", "path", "hf") else began


def load_rows(
    recipe: Recipe,
    where: torch.device,
    log: EventLog,
    saved: Checkpoint | None = None,
    is_stopped: Callable[[], bool] = lambda: False,
) -> dict[str, Rows | None]:
    """Returns variant -> its rows on the device, None where it needs no data; where `[data]` is the same they are one.

    Tells what was chosen and why. Raises DltuiError (4) where a resumed run's rows are not those that it began with,
    (143) where it is asked to stop meanwhile: a download may take minutes.
    """
    reported = 0.0

    def report(text: str) -> None:
        nonlocal reported
        if is_stopped():
            raise DltuiError("stopped before the first step, while its data came.", "", ExitStatus.TERMINATED)
        if time.perf_counter() - reported > PROGRESS_SECONDS:
            reported = time.perf_counter()
            log.write("note", level="progress", text=text)

    loaded: dict[str, Rows] = {}
    found: dict[str, Rows | None] = {}
    for name, variant in recipe.variants.items():
        if variant.data is None:
            found[name] = None
            continue
        takes = variant.takes
        key = repr((sorted(variant.table["data"].items()), takes))
        if key not in loaded:
            data = sources.load(variant.data, source_of(variant, saved, name), report, takes)
            fits = variant.subject != "task"  # an algorithm looks at all rows, whatever their size
            placement = ON_DEVICE if fits else placement_of(data, where, device.free_bytes(where))
            loaded[key] = Rows(data, where, variant.data.kind, placement)
            log.write("note", level="info", text=f"data: {data.detail}")
            if placement.words:
                log.write("note", level="info", text=placement.words)
            for note in data.notes:
                log.write("note", level="warning", text=note)
        found[name] = loaded[key]
        if saved and (began := saved.values["learners"][name].get("data")):  # none in a checkpoint of an older dltui
            check_same(began, found[name].identity, found[name].data.detail)
    for text in dict.fromkeys(_own_validation(recipe.variants[name], rows) for name, rows in found.items()):
        if text:
            log.write("note", level="info", text=text)
    return found


def _own_validation(variant: Recipe, rows: Rows | None) -> str:
    """What to say where validation rows were asked for and the data have some of their own."""
    share = variant.train["validation"] if variant.subject == "task" else 0
    if not share or rows is None or rows.validation is None:
        return ""
    return f"validation: the data's own {len(rows.validation):,} rows; train.validation={share:g} holds out no others"


def make_learner(
    series: str, recipe: Recipe, rows: Rows | None, where: torch.device, precision: str = "fp32"
) -> Learner | AlgorithmRunner:
    """Returns what trains, or runs, one variant, begun from the recipe's seed."""
    if recipe.subject == "algorithm":
        return AlgorithmRunner(series, recipe, rows, where)
    return Learner(series, recipe, rows, where, precision)


def make_learners(
    recipe: Recipe, rows: dict[str, Rows | None], where: torch.device, precision: str, *, as_one: bool = False
) -> list[Learner | AlgorithmRunner]:
    """Returns one learner a variant.

    as_one: raises DltuiError at the first that cannot be of a batch, before the memory is full of large ones.
    """
    learners = []
    for name, variant in recipe.variants.items():
        learners.append(make_learner(name, variant, rows[name], where, precision))
        if as_one and not vmapped.batching_key(learners[-1]):
            raise vmapped.refusal()
    return learners


def _choose_threads(
    learners: list[Learner | AlgorithmRunner], where: torch.device, wanted: int, most: int
) -> tuple[int, dict[int, float]]:
    """Sets torch's threads: those wanted, else on a CPU by a measurement. Returns (threads, {threads: s a step})."""
    if not learners[0].learns:
        wanted = wanted or 1
    if wanted or where.type != "cpu":
        torch.set_num_threads(wanted or most)
        return wanted or most, {}

    def step() -> None:
        try:
            learners[0].advance()
        except NonFiniteLoss:
            learners[0].batch_sampler.seek(0)

    return threads.choose(step, most)
