"""Callbacks and what is held out, in a learner: they act in their time, are resumed, and their knobs are the run's."""

import pytest
import torch

from dltui.engine.contracts.rows import Rows
from dltui.engine.contracts.task import Picture
from dltui.engine.training.learner import Learner
from dltui.errors import DltuiError
from dltui.runs.payloads import Text
from tests.engine.conftest import CPU, same

PRUNING = {"kind": "pruning", "sparsities": [0.5, 0.8], "start_step": 10, "finetune_steps": 10}


@pytest.fixture
def learner(recipe, data):
    """Returns a maker of learners: learner(changes, **sections)."""

    def make(changes=None, **sections):
        return Learner("", recipe({"model.dropout": 0.0, **(changes or {})}, **sections), Rows(data, CPU), CPU)

    return make


def advanced(learner, steps):
    for _ in range(steps):
        learner.advance()
    return learner


def measured(learner):
    with learner.evaluation_mode():
        return learner.evaluate()


def test_resumed_between_two_acts_it_goes_on_as_if_nothing_had_been(learner):
    whole = advanced(learner(callback=PRUNING), 25)
    resumed = learner(callback=PRUNING)
    resumed.restore(*advanced(learner(callback=PRUNING), 15).state(), 15)
    advanced(resumed, 10)
    assert same(whole.nets["model"].state_dict(), resumed.nets["model"].state_dict())
    assert measured(resumed) == measured(whole) and measured(whole)["sparsity"] == pytest.approx(0.8, abs=0.02)


def test_a_callback_measures_beside_the_task(learner):
    assert {"accuracy", "sparsity"} <= set(measured(advanced(learner(callback=PRUNING), 1)))


def test_pictures_of_a_callback_that_measures_nothing_come_last(learner):
    """How far the weights have drifted is not the point of fine-tuning: what is predicted is."""

    class Drift:
        def pictures(self):
            yield Picture("drift", Text(text=""))

    made = learner(callback=PRUNING)
    with made.evaluation_mode():
        before = [picture.pane for picture in made.pictures()]
        made.callbacks = {"drift": Drift(), **made.callbacks}
        assert [picture.pane for picture in made.pictures()] == [*before, "drift"]


def test_a_callback_may_have_a_name(learner):
    made = learner(callback={"cut": PRUNING})
    assert list(made.callbacks) == ["cut"] and made.knobs()["callback.cut.finetune_steps"] == 10


def test_options_of_callbacks_probes_and_models_are_knobs_where_the_recipe_has_them(learner):
    sections = {"callback": PRUNING, "probe": {"now": {"kind": "generalization_gap", "patience": 200}}}
    made = learner({"model.dropout": 0.3, "train.validation": 0.25}, **sections)
    assert {"callback.finetune_steps": 10, "model.dropout": 0.3}.items() <= made.knobs().items()
    assert made.problem("callback.finetune_steps", 0) and not made.problem("callback.finetune_steps", 5)
    made.turn("callback.finetune_steps", 5)
    made.turn("model.dropout", 0.1)
    assert made.callbacks["callback"].finetune_steps == 5 and made.nets["model"].dropout == 0.1
    other = learner({"model.dropout": 0.3, "train.validation": 0.25}, **sections)
    other.restore(*made.state(), 0)
    assert other.knobs() == made.knobs(), "a checkpoint holds them"


def test_held_out_rows_are_measured_and_not_trained_on(learner, data):
    made = learner({"train.validation": 0.25})
    assert made.batch_sampler.rows == len(made.task.rows.train) == 192
    held_out = data.train.inputs[:64], data.train.targets[:64]
    with torch.no_grad():
        want = torch.nn.functional.cross_entropy(made.nets["model"](held_out[0]), held_out[1]).item()
        right = (made.nets["model"](held_out[0]).argmax(1) == held_out[1]).float().mean().item()
    values, without = measured(made), measured(learner())
    assert values["validation_loss"] == pytest.approx(want) and values["validation_accuracy"] == pytest.approx(right)
    assert not {"validation_loss", "validation_accuracy"} & without.keys()


def test_validation_loss_and_accuracy_are_of_one_forward_pass(learner):
    made, seen = learner({"train.validation": 0.25}), []
    made.nets["model"].register_forward_hook(lambda net, inputs, out: seen.append(len(out)))
    with made.evaluation_mode():
        made.task.evaluate()
    assert sorted(seen) == sorted([len(made.task.rows.validation), len(made.task.rows.test)])


def test_a_callback_is_for_tasks_that_it_names(recipe):
    with pytest.raises(DltuiError, match='"pruning" is for task classify'):
        recipe({"task.kind": "regress"}, callback=PRUNING)
