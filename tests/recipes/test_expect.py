"""What recipes claim: of every variant, and of the hub's rows where a kind of data has them."""

import pytest

from dltui.recipes import claims, schema
from dltui.recipes import recipe as recipes

NAMES = list(recipes.files())
# recipe -> {variant: why nothing is claimed of it}
NOT_CLAIMED = {"vae-mnist": {"plane": "it is there to be seen: its codes of two numbers are decoded on a grid"}}
# recipe -> why it claims nothing of the hub's rows
NO_HUB_CLAIM = {
    "anomaly-detection": "its digit 0 is the easiest to leave out: the AUC of the ten digits is from 0.35 to 0.98",
    "attention-translate": "seen to step 80 of 300 alone: no real caption is written without a fault, and next_word is"
    " 0.32 with attention and without",
    "seq2seq": "not tried: attention-translate, in half as many steps, writes no real caption without a fault",
    "transformer-translate": "not tried: attention-translate, in as many steps, writes no real caption without a fault",
}


def of_variants(recipe: recipes.Recipe) -> set[str]:
    """The variants that the claims name; all, where a claim is about what a comparison measures of them together."""
    named = {value for claim in recipe.claims for value in (claim.name, claim.other) if value}
    together = schema.find("comparison", recipe.part("comparison").kind).metrics if recipe.part("comparison") else {}
    if any(claims.metric_of(value) in together and value == claims.metric_of(value) for value in named):
        return set(recipe.variants)
    return {value.split(".")[0] for value in named}


@pytest.mark.parametrize("name", NAMES)
def test_every_variant_is_in_a_claim(name):
    """A system that a recipe names and shows is one that it says something about."""
    recipe = recipes.load(name)
    left = [variant for variant in recipe.variants if variant and variant not in of_variants(recipe)]
    assert left == list(NOT_CLAIMED.get(name, {})), f"[expect] of {name} says nothing of {', '.join(left)}"


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_the_hub_are_claimed_or_it_is_said_why_not(name):
    recipe = recipes.load(name)
    has_hub = recipe.data is not None and "hub" in schema.find("data", recipe.data.kind).constants["SOURCES"]
    assert has_hub == (bool(recipe.hub_claims) != (name in NO_HUB_CLAIM)), f"{name}: {recipe.hub_claims}"


def test_exceptions_are_of_recipes_that_there_are():
    assert {*NO_HUB_CLAIM, *NOT_CLAIMED} <= set(NAMES) and all(NO_HUB_CLAIM.values())
