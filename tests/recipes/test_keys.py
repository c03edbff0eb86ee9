"""Keys that a recipe does not know, as other libraries call them, are answered with ours."""

import pytest

from dltui.errors import DltuiError
from dltui.recipes import files, keys, overrides, recipe


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("mlp-mnist", "lr=0.1", '"lr" is unknown. Did you mean "optimizer.lr"?'),
        ("mlp-mnist", "learning_rate=0.1", '"learning_rate" is unknown. Did you mean "optimizer.lr"?'),
        ("mlp-mnist", "optimizer.learning-rate=0.1", 'is unknown for kind "adam". Did you mean "lr"?'),
        ("mlp-mnist", "train.lr=0.1", 'train.lr is unknown for kind "train". Did you mean "optimizer.lr"?'),
        ("mlp-mnist", "train.epochs=3", 'Did you mean "steps"?'),
        ("mlp-mnist", "epochs=3", 'Did you mean "train.steps"?'),
        ("mlp-mnist", "batch_size=3", 'Did you mean "train.batch"?'),
        ("mlp-mnist", "model.hidden_size=3", 'Did you mean "hidden"?'),
        ("mlp-mnist", "dataset=cifar", 'Did you mean "data.kind"?'),
        ("mlp-mnist", "titel=a", '"titel" is unknown. Did you mean "title"?'),
        ("mlp-mnist", "optimizer.lrr=0.1", 'optimizer.lrr is unknown for kind "adam". Did you mean "lr"?'),
    ],
)
def test_an_unknown_key_is_answered_with_the_one_that_is_meant(name, given, said):
    with pytest.raises(DltuiError) as caught:
        recipe.load(name, overrides.parse([given]))
    assert said in str(caught.value)


def test_the_keys_of_a_recipe_are_those_that_it_takes():
    """Every key that a recipe sets in a part is among them, and the whole of them can be set."""
    for path in files.files().values():
        table = files.read_table(path)
        known = dict(keys.options(table))
        given = {key for key, _ in files.flat({k: table[k] for k in ("model", "optimizer", "train") if k in table})}
        assert given <= set(known), path


def test_every_sense_is_a_word_that_some_recipe_may_be_given():
    """Guards against a name that we have renamed since."""
    known = {key for path in files.files().values() for key, _ in keys.options(files.read_table(path))}
    for word, senses in keys.SENSES.items():
        assert keys.meant(word, known), (word, senses)
        assert any(f".{key}".endswith(f".{sense}") for sense in senses for key in known), (word, senses)
