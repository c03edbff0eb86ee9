"""Trials that differ in numbers only, as the variants of one run: the engine trains them as one batch of nets."""

from collections.abc import Mapping

from dltui.recipes.files import flat
from dltui.recipes.recipe import Recipe

# options that nets of one batch may differ in: the rest decides what is computed
FREE = {
    "model": {"init"},
    "optimizer": {"lr", "beta1", "beta2", "eps", "momentum", "weight_decay"},
    "train": {"seed", "replica"},
}
CLAIMED = ("expect", "twin", "predict")  # sections that say nothing of the training
FEWEST = 4  # nets: below, the batch costs more than it saves


def is_free(key: str) -> bool:
    """Whether nets that differ in this key alone can be of one batch; a variant's key is as the same of the recipe."""
    section, *option = key.split(".")[2 if key.startswith("variants.") else 0 :]
    return len(option) == 1 and (section == "schedule" or option[0] in FREE.get(section, ()))


def as_variants(base: Recipe, trials: Mapping[str, tuple[Recipe, Mapping[str, object]]]) -> Recipe | None:
    """Returns `base` with a variant for each trial, and for each variant of its own if it has them: TRIAL-VARIANT.

    trials: name -> (the recipe of the run that the trial would be alone, what the trial changes in `base`). None where
    variants cannot say the same: a key that names a kind drops the options of the kind before, in another order.
    """
    variants, alone = {}, {}
    for name, (recipe, changes) in trials.items():
        shared = {key: value for key, value in changes.items() if not key.startswith("variants.")}
        for own, variant in recipe.variants.items():
            series = series_of(name, own)
            alone[series] = _trained(variant)
            variants[series] = shared | (dict(flat(recipe.table["variants"][own])) if own else {})
    made = base._replace(table={key: part for key, part in base.table.items() if key not in CLAIMED})
    made.table["variants"] = variants
    same = {name: _trained(variant) for name, variant in made.variants.items()} == alone
    return made if same else None


def series_of(trial: str, variant: str) -> str:
    """The series, in the run of all, of a trial's variant; "" where the recipe has none."""
    return f"{trial}-{variant}" if variant else trial


def _trained(variant: Recipe) -> dict:
    """What a recipe says of its training; claims, and the twins that break them, are on the names of a run alone."""
    return {key: part for key, part in variant.table.items() if key not in CLAIMED}
