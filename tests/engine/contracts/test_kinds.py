"""kind -> module, and what a model learns of the data."""

import pytest

from dltui.engine.contracts import kinds
from dltui.engine.tasks import gan
from dltui.errors import DltuiError
from dltui.recipes.recipe import Section


def test_a_model_takes_from_the_data_what_the_recipe_leaves_out():
    net = kinds.built("model", Section("lenet", {"classes": 7}), {"channels": 3, "size": 32, "classes": 10, "rows": 5})
    assert net.features[0].in_channels == 3
    assert net.classifier[-1].out_features == 7


def test_a_task_may_change_what_a_role_is_told():
    class Data:
        facts = {"inputs": 784, "classes": 10}  # noqa: RUF012

    assert kinds.facts_for(gan, "discriminator", Data)["outputs"] == 1
    assert kinds.facts_for(gan, "generator", Data)["outputs"] == 784


def test_an_unknown_kind_names_the_nearest():
    with pytest.raises(DltuiError, match='Did you mean "lenet"'):
        kinds.module("model", "lenett")


def test_a_model_that_reads_other_rows_is_refused_in_words():
    """Guards numbers of words that a perceptron takes for measurements."""
    with pytest.raises(DltuiError, match='model "mlp" reads rows of numbers; the data are texts') as error:
        kinds.check_reads(Section("mlp", {}), {"symbols": 9, "classes": 2})
    assert "lstm" in error.value.hint and "bag_of_words" in error.value.hint and " mlp" not in error.value.hint
    kinds.check_reads(Section("mlp", {}), {"channels": 1, "size": 28, "inputs": 784})
    kinds.check_reads(Section("mlp", {"inputs": 7}), {"symbols": 9})
    kinds.check_reads(Section("lstm", {}), {"symbols": 9})
    kinds.check_reads(Section("attention_seq2seq", {}), {"symbols": 9, "source_words": 9})
    kinds.check_reads(Section("small_cnn", {}), {"rate": 8000})
