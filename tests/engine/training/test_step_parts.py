"""A step's time is cut at the borders of its parts, and who measures it leaves it as it was."""

import pytest
import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.training.learner import Learner
from dltui.engine.training.step_parts import Clock, StepParts, clock_of
from tests.engine.conftest import CPU, same

TAKES = {"batch": 2.0, "forward": 5.0, "loss": 3.0, "backward": 7.0, "optimizer": 11.0, "rest": 13.0}


class Played:
    """A clock that stands still but where a part of the step lets it go on."""

    def __init__(self):
        self.time = 0.0
        self.clock = Clock(lambda: self.time, lambda a, b: b - a, lambda: None)

    def during(self, part, function):
        def slow(*args, **kwargs):
            self.time += TAKES[part]
            return function(*args, **kwargs)

        return slow

    def slow_down(self, learner):
        """Lets each part of a learner's step take its time, by what it calls."""
        learner.batch_sampler.next = self.during("batch", learner.batch_sampler.next)
        learner.nets["model"].head.register_forward_hook(self.during("forward", lambda *_: None))
        learner.task.criterion = self.during("loss", learner.task.criterion)
        learner.nets["model"].head.bias.register_hook(self.during("backward", lambda gradient: None))
        learner.optimizers["model"].step = self.during("optimizer", learner.optimizers["model"].step)
        learner.after_step = self.during("rest", lambda: None)


@pytest.fixture
def learner(recipe, data):
    return lambda **changes: Learner("", recipe(changes), Rows(data, CPU), CPU)


def test_each_part_counts_for_itself_only(learner):
    played, measured = Played(), learner()
    played.slow_down(measured)
    parts, objectives = StepParts(measured, played.clock).measure(4)
    assert parts == TAKES
    assert objectives == {"loss": sum(TAKES.values()) - TAKES["rest"] - TAKES["batch"]}


def test_a_step_that_was_held_up_tells_nothing(learner):
    played, measured = Played(), learner()
    played.slow_down(measured)
    measured.after_step = lambda: setattr(played, "time", played.time + (1000 if measured.step == 3 else 13))
    parts, _ = StepParts(measured, played.clock).measure(8)
    assert parts == TAKES


def test_modules_within_a_net_that_is_called_by_a_method_of_its_own_are_its_forward(learner):
    """A detector's `loss` calls its layers, and is not the net's forward itself."""
    played, measured = Played(), learner()
    played.slow_down(measured)
    net = measured.nets["model"]
    measured.task.net = lambda inputs: net.forward(inputs)
    parts, _ = StepParts(measured, played.clock).measure(4)
    assert parts == TAKES


def test_a_measured_learner_trains_on_as_one_that_was_not(learner):
    plain, measured = learner(), learner()
    torch.manual_seed(3)  # of dropout
    StepParts(measured, clock_of(CPU)).measure(5)
    torch.manual_seed(3)
    for _ in range(6):
        plain.advance()
    weights = [dict(one.nets["model"].state_dict()) for one in (plain, measured)]
    assert same(*weights)
    assert "next" not in vars(measured.batch_sampler) and "step" not in vars(measured.optimizers["model"])
    assert torch.autograd.backward.__module__ == "torch.autograd"
    assert not measured.nets["model"]._forward_hooks and not measured.nets["model"].head._forward_pre_hooks
