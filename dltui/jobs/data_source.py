"""Where the rows of a run come from: what its recipe, the command line and the machine say, as the engine is told."""

import os
from pathlib import Path

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import check, files, hub_name, schema
from dltui.recipes.recipe import Recipe
from dltui.regular_file import near_absent


def with_source(recipe: Recipe, *, named_here: bool = False) -> Recipe:
    """Returns the recipe with DLTUI_DATA in the place of `auto`, and with paths to data made absolute.

    named_here: the path stood on the command line, so it starts at the current folder; one in a recipe file starts at
    the file's folder. Raises DltuiError (3) where nothing is at such a path.
    """
    if recipe.data is None:
        return recipe
    here = Path.cwd()
    base = here if named_here or recipe.path is None else recipe.path.resolve().parent
    if recipe.data_from == "auto":
        source = _absolute(_machine_source(recipe.data.kind), here)
    else:
        source = _absolute(recipe.data_from, base)
    table = {**recipe.table, "data": {**recipe.table["data"], "from": source}}
    if "variants" in table:
        table["variants"] = {
            name: {k: _absolute(v, base) if k == "data.from" else v for k, v in files.flat(changes)}
            for name, changes in table["variants"].items()
        }
    return recipe._replace(table=table)


def _machine_source(kind: str) -> str:
    """DLTUI_DATA where `kind` has such a source, else auto."""
    wanted = os.environ.get("DLTUI_DATA") or "auto"
    has = schema.find("data", kind).constants.get("SOURCES", ())
    return wanted if (wanted if wanted in check.SOURCES else "path") in has else "auto"


def _absolute(source: str, base: Path) -> str:
    if source in check.SOURCES:
        return source
    if hub_name.is_hub_name(source):
        return str(hub_name.parse(source))
    path = base / Path(source).expanduser()
    if not path.exists():
        hint = f"{near_absent(path)} Give hub, builtin, {hub_name.FORM} or a path."
        raise DltuiError(f'data.from "{source}": there is no {path}.', hint, ExitStatus.NOT_FOUND)
    return str(path.resolve())
