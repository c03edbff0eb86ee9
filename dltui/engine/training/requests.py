"""What a user asks of a run while it trains: done, or refused with the reason; each answer bears the request's id."""

from dltui.engine.training.control import Control

ID_LENGTH = 64  # of an id that is echoed
TOLD = 300  # characters of a refusal


class Requests:
    """Answers what control.jsonl and signals ask of a loop.

    An event for each request: `control` where it was done, a warning `note` where it was refused; training goes on.
    """

    def __init__(self, loop, control: Control):
        self.loop, self.control = loop, control
        self._told_passed_over = False

    def answer(self) -> None:
        """Does what was asked since the last call, and records it."""
        terminated, asked = self._asked()
        if terminated:
            self.loop.stop = True
        for request in asked:
            self._answer(request)
        if self.control.passed_over and not self._told_passed_over:
            self._told_passed_over = True
            text = f"control.jsonl: what is no request is passed over: {self.control.passed_over}"
            self.loop.note("warning", f"{text}; use dltui set, pause, resume or stop")

    def _asked(self) -> tuple[bool, list[dict]]:
        """Whether the process is to end, and what is asked: of the first, where several train the run."""
        ranks = self.loop.ranks
        if ranks and not ranks.first:
            return ranks.from_first(None)
        asked = self.control.terminated, self.control.read()
        return ranks.from_first(asked) if ranks else asked

    def _answer(self, request: dict) -> None:
        op, asked = request["op"], request.get("id")
        answers = {"id": asked} if isinstance(asked, str) and len(asked) <= ID_LENGTH else {}
        handler = getattr(self, f"_on_{op}", None)
        refusal = handler(request) if handler else f'control "{op}" is unknown'
        if refusal:
            shown = refusal if len(refusal) <= TOLD else f"{refusal[:TOLD]} ..."
            self.loop.log.write("note", level="warning", text=shown, **answers)
        else:
            given = {"key": request["key"], "value": request["value"]} if op == "set" else {}
            self.loop.log.write("control", op=op, step=self.loop.step, **given, **answers)

    def _on_pause(self, request: dict) -> None:
        self.loop.paused = True

    def _on_resume(self, request: dict) -> None:
        self.loop.paused = False

    def _on_step(self, request: dict) -> None:
        self.loop.paused = True
        self.loop.single_steps += 1

    def _on_stop(self, request: dict) -> None:
        self.loop.stop = True

    def _on_show(self, request: dict) -> None:
        self.loop.look_asked = True

    def _on_save(self, request: dict) -> str:
        return self.loop.save()

    def _on_set(self, request: dict) -> str:
        """Turns a knob of all learners, or of the one that the key begins with. Returns why not, or ''."""
        key, value = str(request.get("key")), request.get("value")
        series, _, rest = key.partition(".")
        one = [learner for learner in self.loop.learners if learner.series == series and series]
        knob, learners = (rest, one) if one else (key, self.loop.learners)
        learners = [learner for learner in learners if knob in learner.knobs()]
        if not learners:
            knobs = ", ".join(dict.fromkeys(name for learner in self.loop.learners for name in learner.knobs()))
            return f'there is no knob "{key[:100]}"; there are: {knobs}'
        wrong = next(filter(None, (learner.problem(knob, value) for learner in learners)), "")
        if wrong:
            return f"{key} {wrong}"
        for learner in learners:
            learner.turn(knob, value)
        # the graph of learners trained together holds the value it was traced with
        if not knob.startswith("optimizer"):
            self.loop.group()
        return ""
