"""`dltui profile`: where the time of a training step goes."""

import tempfile
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from dltui.cli import complete
from dltui.cli.columns import aligned, explained
from dltui.cli.environment import Environment
from dltui.cli.words import AsJson, KindFiles, Source, Variant
from dltui.errors import DltuiError, ExitStatus, did_you_mean
from dltui.jobs import data_source, engine_answer, launch
from dltui.recipes import files, overrides
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs import events, recorded_recipe
from dltui.runs import run as runs
from dltui.runs.run import Run

EXAMPLES = """
dltui profile gan-mnist
dltui profile last train.batch=256 --top 20
dltui profile lenet-mnist --device cpu --threads 1 --shapes
dltui profile last --json | jq -r '.parts[] | [.name, .share] | @tsv'
"""
NO_OPERATORS = "elementwise operations, sums, FFT and recurrent kernels are not"


class _Meant(NamedTuple):
    """What is profiled: a recipe, and how the run that it is of was asked to be trained, if it is one's."""

    recipe: Recipe
    device: str = "auto"
    precision: str = "auto"
    threads: int = 0
    run: Run | None = None


def command(
    context: typer.Context,
    word: Annotated[
        str,
        typer.Argument(
            metavar="RUN",
            help="A run, as elsewhere; a recipe that was never run, or a recipe's file.",
            autocompletion=complete.runs,
        ),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[KEY=VALUE]...", help="Changes, e.g. train.batch=256", autocompletion=complete.settings
        ),
    ] = None,
    data: Source = "",
    variant: Variant = "",
    steps: Annotated[
        int, typer.Option(min=0, max=100_000, help="How many; 0 takes what two seconds hold, 5 to 200.")
    ] = 0,
    top: Annotated[int, typer.Option(min=0, max=200, help="Operators that are listed.")] = 10,
    shapes: Annotated[bool, typer.Option("--shapes", help="Operators apart by the shapes of their inputs.")] = False,
    device: Annotated[
        str,
        typer.Option(
            help="auto, cpu, cuda, cuda:N or mps; the run's where none is named.", autocompletion=complete.devices
        ),
    ] = "",
    precision: Annotated[
        str, typer.Option(help="auto, fp32 or bf16; the run's where none is named.", autocompletion=complete.precisions)
    ] = "",
    threads: Annotated[int, typer.Option(help="CPU threads; 0: the run's, else chosen by a measurement.")] = 0,
    kinds: KindFiles = None,
    as_json: AsJson = False,
) -> None:
    """Where the time of a training step goes: its parts, its operators, memory, operations a second.

    Builds the nets anew from the recipe of the run, with its data and settings, and takes steps; the run stays as it
    is. The parts are timed without a profiler, the operators by torch.profiler. Evaluation and pictures, which come
    between steps, are not part of it; of variants that a run trains as one batch of nets, one is measured alone.
    """  # fmt: skip
    env = context.obj
    changes = overrides.parse(settings or []) | ({"data.from": data} if data else {})
    meant = _meant(word, changes, kinds or [])
    wanted = device or meant.device, precision or meant.precision, threads or meant.threads
    launch.check_choices(*wanted, "")
    _check(meant.recipe, variant)
    given = ["--steps", str(steps), "--device", wanted[0], "--precision", wanted[1], "--threads", str(wanted[2])]
    given += [*(["--variant", variant] if variant else []), *(["--shapes"] if shapes else [])]
    of = meant.run.id if meant.run else f"recipe {meant.recipe.name}"
    if not as_json:
        env.tell(f"Profiling {of}{', with your changes' if changes else ''}.")
    with tempfile.TemporaryDirectory(prefix="dltui-profile-") as folder:
        path = Path(folder) / "recipe.toml"
        path.write_text(recipes.to_toml(meant.recipe), encoding="utf-8")
        found = engine_answer.ask("profile", str(path), *given, report=env.tell if env.animated else lambda text: None)
    if as_json:
        env.print_json({"recipe": meant.recipe.name, "run": meant.run.id if meant.run else None, **found})
    else:
        _print(env, meant.recipe, found, top)


# -- what is profiled --------------------------------------------------------------------------------------------------


def _meant(word: str, changes: dict, kinds: list[str]) -> _Meant:
    """Raises DltuiError (3) where there is neither such a run nor such a recipe."""
    if not word.endswith(".toml"):
        try:
            return _of_run(runs.find_to_read(word), changes, kinds)
        except DltuiError as error:
            if error.status is not ExitStatus.NOT_FOUND:
                raise
            if word not in files.files():
                near = did_you_mean(word, files.files())
                hint = f"{near} See: dltui runs, dltui list".lstrip()
                raise DltuiError(f'There is no run and no recipe "{word}".', hint, ExitStatus.NOT_FOUND) from None
    loaded = recipes.load(word, changes, changed_in=overrides.COMMAND_LINE, kinds=kinds)
    return _Meant(data_source.with_source(loaded, named_here="data.from" in changes))


def _of_run(run: Run, changes: dict, kinds: list[str]) -> _Meant:
    """A run's recipe, with rows from where its own came from, and its device, precision and threads."""
    recorded_recipe.usable(run)  # an earlier dltui may have written it; an imported run has no recipe
    began = events.first_event(run.log, "started") or {}
    source = began.get("data", {}).get("from", "")
    table = recipes.read_table(run.recipe_file)
    if source in ("hub", "builtin") and "data" in table:
        table = {**table, "data": {**table["data"], "from": source}}
    recipe = recipes.of_table(table, run.recipe_file, changes, changed_in=overrides.COMMAND_LINE, kinds=kinds)
    recipe = data_source.with_source(recipe, named_here="data.from" in changes)
    info, chosen = run.info(), began.get("threads")
    threads = chosen if type(chosen) is int and began.get("device") == "cpu" else info.get("threads", 0)
    return _Meant(recipe, info.get("device", "auto"), info.get("precision", "auto"), threads, run)


def _check(recipe: Recipe, variant: str) -> None:
    """Raises DltuiError (2) where it trains nothing, or has no such variant."""
    if recipe.subject == "algorithm":
        raise DltuiError(
            f'{recipe.name}: algorithm "{recipe.task.kind}" trains no net by gradients: its steps have no such parts.',
            "profile takes recipes with [task]: dltui list",
            ExitStatus.USAGE,
        )
    valid = ", ".join(filter(None, recipe.variants))
    if variant and variant not in recipe.variants:
        hint = f"Valid: {valid}." if valid else "It has none: leave --variant out."
        raise DltuiError(f'{recipe.name} has no variant "{variant}".', hint, ExitStatus.USAGE)


# -- what is printed ---------------------------------------------------------------------------------------------------


def _print(env: Environment, recipe: Recipe, found: dict, top: int) -> None:
    from dltui.cli.drawing import draw
    from dltui.render import step_profile
    from dltui.render.step_profile import milliseconds

    step = found["step"]
    of = f", variant {found['variant']}" if found["variant"] else ""
    env.print(f"{recipe.name}{of}: a step takes {milliseconds(step['median'])}", bold=True)
    env.print("\n".join(explained(_facts(found), env.table_width)))
    env.print()
    whole = milliseconds(sum(part["seconds"] for part in found["parts"]))
    title = f"Parts of a step, ms; {whole} in all (the middle half of {found['steps']} steps)"
    draw(env, lambda width, look: step_profile.render(found["parts"], title, width, look))
    if len(found["objectives"]) > 1:
        env.print()
        title = "Of each loss: forward, backward, update, ms"
        draw(env, lambda width, look: step_profile.render(found["objectives"], title, width, look))
    under = f"torch.profiler; a step took {milliseconds(found['profiled_step'])} under it"
    for name, listed in (("Operators", found["operators"]), ("Kernels of the GPU", found["kernels"])):
        if listed and top:
            env.print()
            env.print(f"{name} ({under})", bold=True)
            env.print("\n".join(_table(env, listed[:top])))


def _table(env: Environment, listed: list[dict]) -> list[str]:
    from dltui.render.step_profile import milliseconds

    head = ("OPERATOR", "CALLS", "SELF", "SHARE", "SHAPES" if any(one["shapes"] for one in listed) else "")
    times = ((f"{one['calls']:.4g}", milliseconds(one["seconds"]), f"{one['share']:.1%}") for one in listed)
    rows = [(one["name"], *time, _shapes(one["shapes"])) for one, time in zip(listed, times, strict=True)]
    return aligned([head, *rows], env.table_width, right=(1, 2, 3), first=(4,))


def _shapes(shapes: list) -> str:
    return " ".join("x".join(map(str, shape)) for shape in shapes)


def _facts(found: dict) -> list[tuple[str, str]]:
    """(name, text) of what is told above the bars."""
    from dltui.render.number import count
    from dltui.render.step_profile import milliseconds, size

    step, memory = found["step"], found["memory"]
    middle_half = f"middle half of {found['steps']} steps {milliseconds(step['low'])} to {milliseconds(step['high'])}"
    threads = f", {found['threads']} thread{'s' * (found['threads'] > 1)}" if found["device"] == "cpu" else ""
    kept = f"weights {size(memory['weights'])}, optimizer {size(memory['optimizer'])}, data {size(memory['data'])}"
    taken = "" if memory["step"] is None else f"; a step takes {size(memory['step'])} at most beside them"
    batch = f"batch of {found['batch']}, {count(found['params'])} weights, {found['data']} data"
    rows = [
        ("on", f"{found['device']}, {found['precision']}{threads}; {batch}"),
        ("steps", f"{1 / step['median']:.4g} a second; {middle_half}"),
        ("first step", milliseconds(found["first_step"])),
        ("memory", kept + taken),
        ("operations", _operations(found["flops"])),
    ]
    if found["launches"]:
        rows.append(("launches", f"{found['launches']:.4g} kernels a step"))
    return rows


def _operations(flops: dict) -> str:
    from dltui.render.step_profile import operations

    if not flops["step"]:
        told = "none that are counted"
    else:
        told = f"{operations(flops['step'])}FLOP a step, {operations(flops['per_second'])}FLOP/s"
    if flops["mfu"] is not None:
        peak = f"{operations(flops['peak'])}FLOP/s ({flops['peak_source']})"
        told += f", {flops['mfu']:.1%} of the peak of {peak}"
    else:
        told += f"; no share of a peak (MFU): {flops['peak_source']}"
    told += f". Counted are matrix products, convolutions and attention; {NO_OPERATORS}"
    return told + (f", here {', '.join(flops['uncounted'])}." if flops["uncounted"] else ".")
