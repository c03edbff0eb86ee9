"""A sweep shown while it goes on: a live view on a terminal, else one line for each trial that has ended."""

import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from dltui.search import study as sweep
from dltui.search.progress import Follower, SweepProgress

if TYPE_CHECKING:
    import optuna

KEPT = 8  # of what was said in the live view, told once more beneath it


class PlainLines:
    """Lines on standard error, for pipes, logs and terminals that cannot move their cursor."""

    owns_terminal = False  # others may write there too

    def __init__(self, env, study: "optuna.Study", plan: sweep.Plan):
        self.say = self.say_now = self.news = self.interrupted = env.tell
        self._study, self._plan = study, plan

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def look(self) -> None:
        """Nothing moves here."""

    def ended(self, trial: "optuna.trial.FrozenTrial") -> None:
        """Tells of one trial."""
        values = "  ".join(f"{key}={short(value)}" for key, value in trial.params.items())
        of = sweep.expected(self._study, self._plan)
        self.say(f"trial {trial.number + 1} of {of}  {values}  {_outcome(trial, self._study, self._plan)}")


class LiveView:
    """The terminal's alternate screen, held by `with`; drawn whenever it is looked at, a few times a second."""

    owns_terminal = True

    def __init__(self, env, study: "optuna.Study", plan: sweep.Plan, name: str):
        from dltui.render.terminal import Screen
        from dltui.render.terminal_capabilities import detect

        self._env, self._study, self._plan = env, study, plan
        self._look = detect(env.variables, env.stdout)
        self._screen = Screen(env.stdout, self._look)
        self._follower = Follower(study, plan, name)
        self._said: list[str] = []
        self._stopping = ""  # what is done to end it
        self._due, self._size = 0.0, (0, 0)
        self._stands: SweepProgress | None = None

    def __enter__(self) -> Self:
        from dltui.render.watch import suspendable

        self._screen.__enter__()
        self._suspendable = suspendable(self._screen)
        self._suspendable.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._suspendable.__exit__(kind, fault, trace)
        self._screen.__exit__(kind, fault, trace)
        for text in self._said[-KEPT:]:
            self._env.tell(text)

    def say(self, text: str) -> None:
        """Shows a text in the last line, and once more when the view is left."""
        self._said.append(text)
        self._due = 0.0

    def say_now(self, text: str) -> None:
        """Shows a text at once, over what was last drawn: nothing can be asked of the study now."""
        self.say(text)
        if self._stands and not self._screen.lost:
            self._draw(self._screen.size())

    def news(self, text: str) -> None:
        """What has begun is in the view already."""

    def interrupted(self, text: str) -> None:
        """Shows that the sweep is being ended, and how."""
        self._stopping, self._due = text, 0.0

    def ended(self, trial: "optuna.trial.FrozenTrial") -> None:
        """Shows one trial's end; what failed is said too."""
        self._due = 0.0
        if trial.state.name == "FAIL":
            self.say(f"trial {trial.number + 1}  {_outcome(trial, self._study, self._plan)}")
        self.look()

    def look(self) -> None:
        """Draws the sweep where it is time to, or where the terminal has another size."""
        from dltui.render.watch import FRAMES_PER_SECOND, SHARE

        self._screen.stop_if_asked()
        now, began, size = time.monotonic(), time.process_time(), self._screen.size()
        if self._screen.lost or (now < self._due and size == self._size):
            return
        self._stands = self._follower.read()
        self._draw(size)
        self._due = now + max(1 / FRAMES_PER_SECOND, (time.process_time() - began) / SHARE)
        self._size = size

    def _draw(self, size: tuple[int, int]) -> None:
        from dltui.render import sweep as renderer

        said = self._stopping or (self._said[-1] if self._said else "")
        stopping = bool(self._stopping)
        self._screen.write(renderer.render(self._stands, *size, self._look, said=said, stopping=stopping))


def _outcome(trial: "optuna.trial.FrozenTrial", study: "optuna.Study", plan: sweep.Plan) -> str:
    """What a trial that has ended came to."""
    from dltui.render.number import number

    if trial.state.name == "COMPLETE":
        best = f"best {number(study.best_value)} (trial {study.best_trial.number + 1})"
        return f"{plan.goal.metric} {number(trial.value)}, {best}"
    if trial.state.name == "PRUNED":
        return "stopped: it fell behind the median"
    return f"failed: {trial.user_attrs.get('error', '')}"


def short(value: object) -> str:
    """Returns a value that was tried as a person reads it at a glance."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
