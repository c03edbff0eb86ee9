"""What a sweep has come to: its trials, the best first, where the best one lies, and the command that repeats it."""

from collections import Counter
from typing import TYPE_CHECKING

from dltui import paths
from dltui.cli.columns import aligned
from dltui.cli.sweep_view import short
from dltui.recipes.recipe import Recipe
from dltui.runs import run as runs
from dltui.search import goal as goals
from dltui.search import progress
from dltui.search import study as sweep

if TYPE_CHECKING:
    import optuna

ROWS = 14  # lines of the picture
MOST = 3  # values of test rows


def as_json(env, study: "optuna.Study") -> None:
    """Prints all trials in their order."""
    env.print_json([
        {"trial": t.number + 1, "state": t.state.name.lower(), "value": t.value, "values": t.params,
         **{name: t.user_attrs.get(name, "") for name in ("run", "variant", "error")}}
        for t in study.get_trials(deepcopy=False)
    ])  # fmt: skip


def show(env, study: "optuna.Study", plan: sweep.Plan, recipe: Recipe) -> None:
    """All trials, the best first, and on a terminal how the best came down; at last the command of the best."""
    everything = study.get_trials(deepcopy=False)
    ended = [trial for trial in everything if trial.state.name == "COMPLETE"]
    if env.animated and len(ended) > 1:
        _draw(env, study, plan)
    ranked = sorted(ended, key=lambda trial: trial.value, reverse=plan.goal.greatest)
    _print_table(env, plan, ranked)
    best, states = ranked[0], Counter(trial.state for trial in progress.read(everything, plan))
    others = (f", {states[state]} {state}" for state in ("pruned", "failed", "interrupted") if states[state])
    env.tell(f"{len(ended)} trials ended{''.join(others)}")
    env.tell(f"The best: {best_words(plan, best)}")
    if judged := _on_test_rows(plan, recipe, best):
        env.tell(f"On test rows, which the search has not seen: {judged}")
    env.tell(f"Its run: dltui replay {best.user_attrs.get('run', '')}")
    env.tell(f"The best again: {sweep.command(plan, best)}")


def best_words(plan: sweep.Plan, best: "optuna.trial.FrozenTrial") -> str:
    """The value of a trial and where it lies, in words."""
    from dltui.render.number import number

    variant = sweep.variant_of(plan, best)
    where = f"{best.user_attrs.get('run', '')}" + (f", variant {variant}" if variant else "")
    return f"{plan.goal.metric} {number(best.value)} (trial {best.number + 1}, {where})"


def _print_table(env, plan: sweep.Plan, ranked: list["optuna.trial.FrozenTrial"]) -> None:
    """One line a trial. Where the width is limited its keys are named by their last parts."""
    from dltui.render.number import number
    from dltui.render.sweep import short_keys

    keys = [space.key for space in plan.spaces]
    heads = ("VALUE", *short_keys(keys)) if env.table_width else (plan.goal.metric.upper(), *keys)
    batched = any(sweep.variant_of(plan, trial) for trial in ranked)
    rows = [("TRIAL", *heads, "RUN", *(["VARIANT"] if batched else []))]
    for t in ranked:
        values, variant = (short(t.params[key]) if key in t.params else "" for key in keys), sweep.variant_of(plan, t)
        run = t.user_attrs.get("run", "")
        rows.append((str(t.number + 1), number(t.value), *values, run, *([variant] if batched else [])))
    header, *lines = aligned(rows, env.table_width, right=(0, 1), whole=(2 + len(keys),))
    env.print(header, bold=True)
    env.print("\n".join(lines))


def _on_test_rows(plan: sweep.Plan, recipe: Recipe, best: "optuna.trial.FrozenTrial") -> str:
    """What the best trial came to on rows that had no part in the choice, where the recipe makes claims about them."""
    if goals.sees_test_rows(recipe, plan.goal.metric):
        return ""
    own, series = plan.goal.curve[0], sweep.variant_of(plan, best) or plan.goal.curve[0]
    claimed = [goals.Goal(claim.name, True).curve for claim in recipe.claims]
    metrics = dict.fromkeys(metric for of, metric in claimed if of == own and goals.sees_test_rows(recipe, metric))
    run = runs.Run(paths.runs() / best.user_attrs.get("run", "-"))
    summary = runs.state(run).summary if run.is_there else {}  # it may lie on another machine

    from dltui.render.number import number

    found = {name: summary.get(f"{series}.{name}" if series else name) for name in metrics}
    return ", ".join([f"{name} {number(value)}" for name, value in found.items() if value is not None][:MOST])


def _draw(env, study: "optuna.Study", plan: sweep.Plan) -> None:
    """Each trial's value, and the best so far."""
    from dltui.cli.drawing import draw
    from dltui.render.sweep import plot

    stands = progress.Follower(study, plan, study.study_name).read()
    draw(env, lambda width, look: plot(stands, width, ROWS, look))
