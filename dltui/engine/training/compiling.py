"""`--compile`: the nets' calls in a training step go through torch.compile, which takes its time once.

Weights, their names and what a checkpoint holds stay as they are: a run may go on with it or without it. Evaluation,
pictures and predictions are not compiled: each shape of theirs would cost as much time again.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

import torch

from dltui import paths
from dltui.engine.device.device import autocast
from dltui.text import clean_line

LONGEST = 200  # characters of a reason
CACHE = "TORCHINDUCTOR_CACHE_DIR"


def compile_groups(groups: Sequence, note: Callable[[str, str], None]) -> None:
    """Compiles the nets of learners that are trained alone, and tells how long it took or why it was not done.

    groups: those of vmapped.groups; note: takes a level and a text.
    """
    os.environ.setdefault(CACHE, str(paths.cache() / "compiled"))  # what is compiled once is found by later runs
    for group in groups:
        names = ", ".join(learner.series for learner in group.learners if learner.series)
        of = f"{names}: " if names else ""
        if len(group.learners) > 1:
            note("info", f"{of}not compiled: they are trained together, as one batch of nets")
            continue
        begun = time.perf_counter()
        try:
            compile_nets(group.learners[0])
        except Exception as error:  # whatever a compiler, the tracing of a net or a missing tool raises
            reason = clean_line(error)[:LONGEST].strip() or "no reason given"
            note("warning", f"{of}not compiled: {type(error).__name__}: {reason}. It is trained as without --compile.")
        else:
            seconds = time.perf_counter() - begun
            note("info", f"{of}compiled in {seconds:.1f} s; evaluation and pictures are not compiled")
    torch._dynamo.config.suppress_errors = True  # from now on what cannot be compiled runs as it is


def compile_nets(learner) -> None:
    """Compiles the nets that the recipe names, and has a step's losses and gradients computed once: nothing is learned,
    and neither random numbers nor running means move. Raises whatever the compiler does; the nets are as before then.
    """
    nets = [learner.nets[role] for role in learner.recipe.models]
    kept = [(buffer, buffer.clone()) for net in learner.nets.values() for buffer in net.buffers()]
    rows = torch.arange(learner.batch_sampler.batch, device=learner.device)
    for net in nets:
        net.compile(dynamic=False)  # in place: no wrapper that would change the names of the weights
    try:
        with torch.random.fork_rng([learner.device] if learner.device.type == "cuda" else []):
            for objective in learner.objectives:
                with autocast(learner.precision, learner.device):
                    loss = objective.loss(rows)
                loss.backward()
        learner.compiled = True
    except Exception:
        for net in nets:
            net._compiled_call_impl = None
        raise
    finally:
        for net in learner.nets.values():
            net.zero_grad(set_to_none=True)
        with torch.no_grad():
            for buffer, before in kept:
                buffer.copy_(before)


@contextmanager
def uncompiled(aside: AbstractContextManager) -> Iterator[None]:
    """`aside`, in which compiled nets run as they were written."""
    with torch.compiler.set_stance("force_eager"), aside:
        yield
