"""A tree of settings: one combination of those that mean the same, each with the keys alone that its kinds have."""

import shlex

import pytest
from optuna.storages import InMemoryStorage

from dltui.errors import DltuiError
from dltui.search import study as sweep
from dltui.search import tree
from dltui.search.grid import Grid
from dltui.search.space import parse

WORDS = ("optimizer.kind=sgd|adam", "optimizer.momentum=0.0|0.5|0.9", "optimizer.beta2=0.9|0.99", "train.batch=16|32")


def plan_of(*words: str, **options: object) -> sweep.Plan:
    return sweep.Plan("mlp-moons", {}, tuple(map(parse, words)), sweep.Goal("loss", False), "tree", **options)


def searched(plan: sweep.Plan, parts: list[int]) -> tuple[list[dict], list[str]]:
    """What is tried by a study that is opened anew for each part, and the commands that repeat it."""
    kept, found = InMemoryStorage(), []
    for count in parts:
        study = sweep.study_of(plan, "it", kept, 0)
        for _ in range(min(count, sweep.left(study, plan))):
            trial = study.ask()
            assert not sweep.is_surplus(study, plan, trial)
            found.append({s.key: sweep.suggested(trial, s) for s in sweep.spaces_of(study, plan, trial)})
            study.tell(trial, 1.0)
    return found, [sweep.command(plan, trial) for trial in study.trials]


def test_a_tree_has_every_meaning_of_the_grid_once():
    spaces = tuple(map(parse, WORDS))
    grid, found = Grid.over(spaces), tree.Tree.over(spaces)
    meanings = {repr(tree.taken(grid.at(place))) for place in range(grid.count)}
    assert [repr(found.at(place)) for place in range(found.count)] == list(dict.fromkeys(
        repr(tree.taken(grid.at(place))) for place in range(grid.count)
    ))  # fmt: skip
    assert grid.count == 24 and found.count == len(meanings) == 2 * 3 + 2 * 2


def test_options_go_with_the_kinds_that_have_them_in_variants_and_probes_too():
    taken = tree.taken(
        {"variants.net.optimizer.kind": "adam", "variants.net.optimizer.momentum": 0.9, "train.batch": 8}
    )
    assert taken == {"variants.net.optimizer.kind": "adam", "train.batch": 8}
    assert tree.taken({"optimizer.momentum": 0.9}) == {"optimizer.momentum": 0.9}, "no kind is chosen"
    known = {"probe.look.kind": "linear_probe", "probe.look.labels": 20}
    assert tree.taken({**known, "probe.look.ways": 3}) == known


def test_a_search_goes_through_the_tree_once_and_goes_on_where_it_was():
    plan = plan_of(*WORDS, trials=99)
    sweep.check(plan)
    whole, commands = searched(plan, [99])
    assert whole == searched(plan, [3, 99])[0] and len(whole) == 10
    assert all(("optimizer.momentum" in one) == (one["optimizer.kind"] == "sgd") for one in whole)
    for one, command in zip(whole, commands, strict=True):
        assert {word.split("=")[0] for word in shlex.split(command) if "=" in word} == set(one)
        assert plan.recipe_with(one)


def test_without_kinds_a_tree_is_the_grid():
    words = ("optimizer.lr=0.1|0.2", "train.batch=16..18")
    spaces = tuple(map(parse, words))
    grid, found = Grid.over(spaces), tree.Tree.over(spaces)
    assert [found.at(n) for n in range(found.count)] == [grid.at(n) for n in range(grid.count)]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("optimizer.kind=sgd|adam", "optimizer.momentun=0.1|0.2"), "momentun is unknown"),
        (("optimizer.kind=sgd|adam", "optimizer.lr=0.1..0.2"), "A tree has no end over a range of fractions"),
        (("train.seed=0..999", "train.batch=1..999"), "999,000 are more than 100,000"),
        (tuple(f"probe.p{n}.kind=a|b" for n in range(10)), "1,024 combinations of kinds"),
    ],
)
def test_what_no_tree_can_be_made_of_is_refused(words, message):
    plan = plan_of(*words)
    with pytest.raises(DltuiError, match=message):
        sweep.check(plan)
        assert plan.grid


def test_an_option_that_one_of_the_kinds_has_is_valid():
    sweep.check(plan_of("optimizer.kind=sgd|adam", "optimizer.momentum=0.1|0.9"))
    grid = plan_of("optimizer.kind=sgd|adam", "optimizer.momentum=0.1|0.9")._replace(sampler="grid")
    with pytest.raises(DltuiError, match='momentum is unknown for kind "adam"'):
        sweep.check(grid._replace(changes={"optimizer.kind": "adam"}))
