"""The dotted keys that a recipe takes, and which of them is meant by a word that other libraries use."""

from collections.abc import Iterable, Iterator, Mapping

from dltui.errors import MOST_NEAR, DltuiError, did_you_mean, suggested
from dltui.recipes import parts, schema
from dltui.recipes.option import Option

# what an option is called elsewhere -> ours, the likeliest first
SENSES = {
    **dict.fromkeys(("learning_rate", "rate", "eta", "alpha", "step_size", "stepsize"), ("lr",)),
    **dict.fromkeys(("epochs", "epoch", "num_epochs", "n_epochs", "max_epochs"), ("train.steps", "steps")),
    **dict.fromkeys(("iterations", "iters", "max_iter", "max_steps", "num_steps"), ("train.steps", "steps")),
    **dict.fromkeys(("batch_size", "batchsize", "bs", "minibatch", "mini_batch"), ("train.batch", "batch")),
    **dict.fromkeys(("random_state", "rng", "random_seed"), ("train.seed", "seed")),
    **dict.fromkeys(("l2", "wd", "decay", "l2_penalty"), ("weight_decay", "l2")),
    **dict.fromkeys(("hidden_size", "hidden_sizes", "hidden_layers", "hidden_layer_sizes"), ("hidden", "width")),
    **dict.fromkeys(("units", "neurons", "layers", "width", "channels"), ("hidden", "width", "channels", "depth")),
    **dict.fromkeys(("num_layers", "n_layers", "blocks"), ("depth", "layers", "hidden")),
    **dict.fromkeys(("dropout_rate", "drop", "p", "dropout_p"), ("dropout",)),
    **dict.fromkeys(("nonlinearity", "act", "activation_function"), ("activation",)),
    **dict.fromkeys(("epsilon",), ("eps",)),
    **dict.fromkeys(("betas", "b1"), ("beta1",)),
    **dict.fromkeys(("b2",), ("beta2",)),
    **dict.fromkeys(("dataset", "data_set"), ("data.kind",)),
    **dict.fromkeys(("net", "network", "architecture", "arch"), ("model.kind",)),
    **dict.fromkeys(("optim", "solver"), ("optimizer.kind",)),
    **dict.fromkeys(("scheduler", "lr_schedule", "lr_scheduler"), ("schedule.kind",)),
}


def options(table: Mapping) -> Iterator[tuple[str, Option | None]]:
    """Yields (dotted key, its option) of every option of a recipe's parts; None for the `kind` of a part.

    A part whose kind is missing or unknown has no more than its `kind`.
    """
    return options_of((section, place, str(body.get("kind"))) for section, place, body in parts.kind_sections(table))


def options_of(kinds: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, Option | None]]:
    """As `options`, of parts that are told as (section, dotted place, kind)."""
    for section, place, kind in kinds:
        yield f"{place}.kind", None
        try:
            component = schema.find(section, kind)
        except DltuiError:
            continue
        yield from ((f"{place}.{name}", option) for name, option in component.options.items())
    yield from ((f"train.{name}", option) for name, option in schema.train().options.items())


def suggestion(given: str, known: Iterable[str], table: Mapping) -> str:
    """Returns what an error suggests for an unknown key: a name of `known` that is called `given` elsewhere, else such
    a key of the recipe's table, else the nearest of `known` (see `did_you_mean`)."""
    names = list(known)
    same = meant(given, names) or meant(given, (key for key, _ in options(table)))
    return suggested(same[:MOST_NEAR]) if same else did_you_mean(given, names)


def meant(given: str, keys: Iterable[str]) -> list[str]:
    """Returns those of `keys` that end as `given` does, or else in what SENSES has for it; [] where none does."""
    ends, word = list(keys), given.rpartition(".")[2].casefold().replace("-", "_")
    for sense in (word, *SENSES.get(word, ())):
        if found := [key for key in ends if f".{key}".endswith(f".{sense}") or key == sense.rpartition(".")[2]]:
            return found
    return []
