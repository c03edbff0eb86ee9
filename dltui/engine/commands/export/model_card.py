"""README.md of a folder for the Hugging Face hub: the head that the hub reads, and what a person wants to know.

It says no license: that is for whoever gives the weights away.
"""

import re
import shlex
from pathlib import Path

import tomli_w
from huggingface_hub import EvalResult, ModelCardData

from dltui.engine.training.learner import Learner
from dltui.recipes import files, hub_name
from dltui.recipes.metric import Metric
from dltui.runs import repeat_command
from dltui.runs import run as runs
from dltui.runs.run import Run
from dltui.text import clean_line

REPOSITORY = re.compile(r"[\w-][\w.-]*/[\w.-]*[\w-]")  # OWNER/NAME, as the detail of hub rows begins
PIPELINES = {
    "regress": "tabular-regression",
    "forecast": "time-series-forecasting",
    "segment": "image-segmentation",
    "detect": "object-detection",
    "keypoints": "keypoint-detection",
    "restore": "image-to-image",
    "autoencode": "image-feature-extraction",
    "metric_learning": "image-feature-extraction",
    "pretext": "image-feature-extraction",
    "adapt": "image-classification",
    "gan": "unconditional-image-generation",
    "diffuse": "unconditional-image-generation",
    "tag": "token-classification",
    "skipgram": "feature-extraction",
}  # kind of task -> the hub's word for it; of others the rows decide
RECIPE = "recipe.toml"
TEXT = """# {title}

{summary}

{net}, trained with dltui, a deep-learning course lab for the terminal, and written out as plain torch.

## Use it

```python
import net  # net.py of this folder: it needs torch and safetensors, not dltui

model = net.load()
{use}
```

`python net.py` tries it on {tried}. `config.json` has the net's options, the classes, and what rows are scaled by.

## What it was trained on

{data}

## How good it is

{values}

## Train it again

```sh
{command}
```
{refs}"""


def model_card(run: Run, learner: Learner, draws: bool) -> str:
    """Returns the text of README.md."""
    head = _head(run, learner).to_yaml(line_break="\n").strip()
    return f"---\n{head}\n---\n\n{_body(run, learner, draws)}"


def evaluated(run: Run, learner: Learner) -> dict[str, float]:
    """Returns the run's last values of these weights: name -> value of each metric that is better one way; {} where the
    run went on after the step that the weights are of."""
    state, prefix = runs.state(run), f"{learner.series}." if learner.series else ""
    if learner.step < state.step:
        return {}
    values = {name.removeprefix(prefix): v for name, v in state.summary.items() if name.startswith(prefix)}
    known = learner.recipe.metrics
    return {name: value for name, value in values.items() if name in known and _tells(known[name], value)}


def repeated(run: Run, learner: Learner) -> tuple[str, dict[str, bytes]]:
    """Returns the command that trains it again, and the files that it needs beside: none for a recipe of dltui's own.

    A path of the user's own stands in neither but for its last part.
    """
    source = learner.recipe.data_from
    own = Path(source).name if _is_path(source) else ""
    words = [word.replace(source, own) if own else word for word in shlex.split(repeat_command.command(run))]
    if str(run.recipe_file) not in words:
        return shlex.join(words), {}
    words[words.index(str(run.recipe_file))] = RECIPE
    table = files.read_table(run.recipe_file)
    if own:
        table["data"] = {**table["data"], "from": own}
    kinds = [run.recipe_file.parent / name for name in table.get("kinds", ())]
    if kinds:
        table["kinds"] = [path.name for path in kinds]
    sources = {path.name: path.read_bytes() for path in kinds}
    return shlex.join(words), {RECIPE: tomli_w.dumps(table).encode(), **sources}


def data_set_id(learner: Learner) -> str:
    """Returns the hub's id of the data set whose rows were trained on, "" where they are from elsewhere."""
    source = learner.recipe.data_from
    if hub_name.is_hub_name(source):
        return hub_name.parse(source).repo
    data = learner.all_rows.data if learner.all_rows else None
    found = REPOSITORY.match(data.detail) if data and data.source == "hub" else None
    return found[0] if found else ""


def _is_path(source: str) -> bool:
    return source not in ("auto", "hub", "builtin") and not hub_name.is_hub_name(source)


def _head(run: Run, learner: Learner) -> ModelCardData:
    values, kind = evaluated(run, learner), learner.recipe.task.kind
    repository, pipeline = data_set_id(learner), _pipeline(learner)
    results = [
        EvalResult(
            task_type=pipeline or kind,
            dataset_type=repository or (learner.all_rows.data.source if learner.all_rows else "none"),
            dataset_name=repository or _data_name(learner),
            dataset_revision=(learner.all_rows.data.commit or None) if repository else None,
            dataset_split=learner.recipe.metrics[name].rows or None,
            metric_type=name,
            metric_name=clean_line(learner.recipe.metrics[name].meaning),
            metric_value=value,
        )
        for name, value in values.items()
    ]
    models = dict.fromkeys(section.kind for section in learner.recipe.models.values())
    return ModelCardData(
        library_name="pytorch",
        tags=["dltui", "pytorch", kind.replace("_", "-"), *(name.replace("_", "-") for name in models)],
        datasets=[repository] if repository else None,
        pipeline_tag=pipeline or None,
        metrics=list(values) or None,
        model_name=clean_line(learner.recipe.title) if results else None,
        eval_results=results or None,
    )


def _pipeline(learner: Learner) -> str:
    kind, data = learner.recipe.task.kind, learner.all_rows.data if learner.all_rows else None
    shape = data.test.inputs.shape[1:] if data else ()
    if kind in ("gan", "diffuse") and len(shape) != 3:
        return ""
    if kind == "classify":
        of_sound = "audio-classification" if data.facts.get("rate") else "tabular-classification"
        return "image-classification" if len(shape) == 3 else of_sound
    if kind == "translate":
        return "image-to-text" if len(shape) == 3 else "translation"
    if kind == "generate_sequence":
        return "unconditional-image-generation" if len(shape) == 3 else "text-generation"
    return PIPELINES.get(kind, "")


def _data_name(learner: Learner) -> str:
    """What the rows are, in a word that names nothing on the hub."""
    section = learner.recipe.data
    if section is None:
        return "none"
    source = learner.all_rows.data.source
    return f"{section.kind}, built into dltui" if source == "builtin" else "rows of the author's own"


def _body(run: Run, learner: Learner, draws: bool) -> str:
    recipe = learner.recipe
    several = ", ".join(f"`{role}`" for role in learner.nets)
    net = f"These are nets: {several}" if len(learner.nets) > 1 else f"This is a net of kind `{_kinds(learner)[0]}`"
    command, _ = repeated(run, learner)
    refs = "".join(f"- {clean_line(ref)}\n" for ref in recipe.table.get("refs", ()))
    return TEXT.format(
        title=clean_line(recipe.title),
        summary=_summary(learner),
        net=net,
        use="pictures = net.draw(model, 16)" if draws else "answers = net.predict(model, net.prepare(rows))",
        tried="random noise" if draws else "random rows",
        data=_trained_on(learner),
        values=_table(evaluated(run, learner), recipe.metrics, learner, run),
        command=command,
        refs=f"\n## Read\n\n{refs}" if refs else "",
    )


def _summary(learner: Learner) -> str:
    summary, rows = clean_line(learner.recipe.summary), learner.all_rows
    if summary and rows and rows.data.source in ("path", "hf"):
        return f"Trained by this recipe, on other rows than its own: {summary}"
    return summary or "A run of dltui."


def _kinds(learner: Learner) -> list[str]:
    return [section.kind for section in learner.recipe.models.values()] or [learner.recipe.task.kind]


def _trained_on(learner: Learner) -> str:
    if learner.all_rows is None:
        return "It needs no data."
    data, repository = learner.all_rows.data, data_set_id(learner)
    if repository:
        name = f"The hub's `{repository}`"
    elif data.source == "builtin":
        name = (
            f"The built-in rows of dltui's `{learner.recipe.data.kind}`: {clean_line(data.detail).partition(' (')[0]}"
        )
    else:
        name = "Rows of the author's own"
    classes = f", of the classes {', '.join(map(clean_line, data.classes[:12]))}" if data.classes else ""
    more = " ..." if len(data.classes) > 12 else ""
    return f"{name}: {len(data.train.inputs):,} rows to train on and {len(data.test.inputs):,} to test{classes}{more}."


def _table(values: dict[str, float], known: dict[str, Metric], learner: Learner, run: Run) -> str:
    if not values:
        return f"The weights are of step {learner.step:,} of run `{run.id}`; nothing was measured of them at its end."
    rows = [f"| `{name}` | {value:.4g} | {clean_line(known[name].meaning)} |" for name, value in values.items()]
    told = f"Measured at the end of run `{run.id}`, at step {learner.step:,}."
    return "\n".join([told, "", "| metric | value | is |", "|---|---|---|", *rows])


def _tells(metric: Metric, value: object) -> bool:
    """Whether a value says how good the net is."""
    finite = isinstance(value, int | float) and abs(value) < float("inf")
    return finite and bool(metric.better) and not (metric.progress or metric.check or metric.counter)
