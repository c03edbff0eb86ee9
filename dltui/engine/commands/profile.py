"""`python -m dltui.engine.commands.profile RECIPE_TOML`: where the time of a training step goes, and what it takes."""

import argparse
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median, quantiles

import torch

from dltui.engine.commands.answer import answer, progress
from dltui.engine.contracts.placement import placement_of
from dltui.engine.contracts.rows import Rows
from dltui.engine.device import device, threads
from dltui.engine.device.peak import peak_of
from dltui.engine.reading import sources
from dltui.engine.training import step_profile
from dltui.engine.training.learner import Learner, NonFiniteLoss
from dltui.engine.training.session import make_learner
from dltui.engine.training.step_parts import PARTS, Clock, StepParts, clock_of
from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import recipe as recipes

WARM_UP = 5  # steps before those that are measured, besides the first
SECONDS = 2.0  # of steps for one measurement, where no number is given
FEWEST, MOST = 5, 200  # of these
LISTED = 200  # operators in the answer


def profile(path: Path, given: argparse.Namespace, tell: Callable[[str], None]) -> dict:
    """Returns what a step of one variant takes, as JSON values: seconds, bytes, operations. Raises DltuiError."""
    recipe = recipes.of_table(recipes.read_table(path), path, checked=True)
    name = given.variant or next(iter(recipe.variants))
    variant = recipe.variants[name]
    where = device.choose(given.device)
    precision = device.precision(given.precision, where)
    most = torch.get_num_threads()
    torch.set_num_threads(1)  # as in a run, until it is measured
    data = sources.load(variant.data, variant.data_from, tell, variant.takes) if variant.data else None
    rows = Rows(data, where, variant.data.kind, placement_of(data, where, device.free_bytes(where))) if data else None
    try:
        return _measured(lambda: make_learner(name, variant, rows, where, precision), given, most, tell)
    except NonFiniteLoss as error:
        raise DltuiError(
            f"{recipe.name}: {error} while it was measured.",
            "Profile one that learns: a smaller optimizer.lr, or train.clip=1.",
            ExitStatus.DIVERGED,
        ) from None


def _measured(anew: Callable[[], Learner], given: argparse.Namespace, most: int, tell: Callable[[str], None]) -> dict:
    """Each measurement takes steps of its own: none is slowed by another. anew: makes the learner as it was begun.

    most: threads, where their number is to be chosen.
    """
    learner = anew()
    where = learner.device
    clock = clock_of(where)
    first = _seconds_of_steps(learner, 1, clock)[0]
    if given.threads or where.type != "cpu":
        torch.set_num_threads(given.threads or most)
    else:
        tell("choosing how many threads are the fastest")
        threads.choose(lambda: _step(learner), most)
        learner = anew()
        learner.advance()
    warm = median(_seconds_of_steps(learner, WARM_UP, clock))
    steps = given.steps or max(FEWEST, min(MOST, int(SECONDS / warm)))
    tell(f"timing {steps} steps")
    seconds = _seconds_of_steps(learner, steps, clock)
    tell(f"timing the parts of {steps} steps")
    parts, objectives = StepParts(learner, clock).measure(steps)
    tell(f"{steps} steps under torch.profiler")
    found = step_profile.operators(learner, steps, shapes=given.shapes)
    counted, held = step_profile.flops(learner), step_profile.memory(learner)
    low, middle, high = quantiles(seconds, n=4, method="inclusive") if steps > 1 else seconds * 3
    whole = sum(parts.values())
    peak = peak_of(where, learner.precision)
    per_second = counted.step / middle
    return {
        "variant": learner.series,
        "device": device.describe(where),
        "precision": learner.precision,
        "threads": torch.get_num_threads(),
        "batch": learner.batch_sampler.batch,
        "params": learner.params,
        "data": learner.source,
        "first_step": first,
        "warm_up": WARM_UP,
        "steps": steps,
        "step": {"median": middle, "low": low, "high": high, "mean": fmean(seconds)},
        "parts": [
            {"name": part, "meaning": PARTS[part], "seconds": taken, "share": taken / whole}
            for part, taken in parts.items()
        ],
        "objectives": [{"name": one, "seconds": taken, "share": taken / whole} for one, taken in objectives.items()],
        "profiled_step": found.seconds,
        "operators": [one._asdict() for one in found.host[:LISTED]],
        "kernels": [one._asdict() for one in found.kernels[:LISTED]],
        "launches": sum(one.calls for one in found.kernels),
        "memory": held._asdict(),
        "flops": {
            **counted._asdict(),
            "uncounted": step_profile.uncounted(found),
            "per_second": per_second,
            "peak": peak.per_second or None,
            "peak_source": peak.source,
            "mfu": per_second / peak.per_second if peak.per_second else None,
        },
        "torch": torch.__version__,
    }


def _step(learner: Learner) -> None:
    """A step for the choice of threads, which takes as many as it has time for: one that diverges begins again."""
    try:
        learner.advance()
    except NonFiniteLoss:
        learner.batch_sampler.seek(0)


def _seconds_of_steps(learner: Learner, steps: int, clock: Clock) -> list[float]:
    """Takes `steps` steps and returns the seconds of each; on a GPU nobody waits between them."""
    marks = [clock.now()]
    for _ in range(steps):
        learner.advance()
        marks.append(clock.now())
    clock.wait()
    return [clock.between(begin, end) for begin, end in pairwise(marks)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--variant", default="")
    parser.add_argument("--steps", type=int, default=0)
    parser.add_argument("--shapes", action="store_true")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--threads", type=int, default=0)
    given = parser.parse_args()
    tell = progress()
    return answer(lambda: profile(given.recipe, given, tell))


if __name__ == "__main__":
    raise SystemExit(main())
