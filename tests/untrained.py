"""A learning recipe's run as it is before it has learned: its claims are judged on the first weights."""

from dltui.recipes import check_parts, parts, schema, twins
from dltui.recipes import recipe as recipes
from dltui.recipes.claims import metric_of, parse
from dltui.recipes.recipe import Recipe
from dltui.runs import run as runs
from tests.forked import ended, history_of, start_engine

STILL = 1e-12  # a learning rate by which no weight moves that float32 could tell


def learns(recipe: Recipe) -> bool:
    """Whether an optimizer moves weights of it."""
    return bool(check_parts.trained(schema.find(recipe.subject, recipe.task.kind)))


def judged_untrained(name: str) -> list[dict]:
    """Returns the claims of a recipe's run of one step that moves nothing, each {name, want, got, ok}."""
    recipe = recipes.load(name, {"data.from": "builtin"} if recipes.load(name).data else {})
    rates = {
        f"optimizer.{role}.lr" if role else "optimizer.lr" for role, _ in parts.roles(recipe.table["optimizer"], "")
    }
    changes = {"train.steps": 1, "train.evaluate_every": 1} | dict.fromkeys(rates, STILL)
    made = recipe._replace(table=twins.applied(recipe.table, changes))
    run = runs.create(name, recipes.to_toml(made), {"device": "cpu", "threads": 1})
    assert ended(start_engine(run)) == 0, run.engine_log.read_text()
    return history_of(run).finished["expect"]


def hollow(name: str, judged: list[dict]) -> list[str]:
    """Those that are met though nothing was learned, and that ask a metric to be as good as a number says."""
    metrics = recipes.load(name).metrics
    found = []
    for claim in judged:
        parsed, better = parse(claim["name"], claim["want"].split(" = ")[0]), metrics[metric_of(claim["name"])].better
        if claim["ok"] and not parsed.other and {">": "higher", "<": "lower"}.get(parsed.op[0]) == better:
            found.append(f"{claim['name']} {claim['want']}: {claim['got']}")
    return found
