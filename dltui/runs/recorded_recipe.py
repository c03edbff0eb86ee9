"""The recipe of a run as its folder holds it, whatever has become of the file: the run itself can still be shown."""

from dltui.errors import DltuiError, ExitStatus
from dltui.recipes import recipe as recipes
from dltui.recipes.recipe import Recipe
from dltui.runs.run import Run


def read(run: Run) -> tuple[Recipe, str]:
    """Returns the recipe, and in words what is wrong with its file, "" for nothing.

    It is not checked as one that is to run: an older version of dltui may have made it. Of a file that is missing or
    broken, or whose models or claims are none, the title is left, which is the run's name then.
    """
    try:
        table = recipes.read_table(run.recipe_file)
        name, topic = str(table.pop("name", run.recipe_name)), str(table.pop("topic", ""))
        title = str(table.get("title", run.recipe_name))
        recipe = Recipe(name, topic, run.recipe_file, {**table, "title": title})
        _ = recipe.models, recipe.claims, recipe.hub_claims  # what the plots ask of it
        return recipe, ""
    except DltuiError as error:
        problem = str(error)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"{run.recipe_file}: its models or claims are not of a recipe: {error}."
    return Recipe(run.recipe_name, "", run.recipe_file, {"title": run.recipe_name}), problem


def usable(run: Run) -> Recipe:
    """Returns the recipe of a run that is to go on, or whose weights are asked for.

    Raises DltuiError (2) where it is none that this dltui knows, or the run was imported.
    """
    if source := run.info().get("imported"):
        what = f"{run.id} was imported from {source}: it has curves, and no weights."
        raise DltuiError(what, f"See them: dltui replay {run.id}", ExitStatus.USAGE)
    return recipes.of_table(recipes.read_table(run.recipe_file), run.recipe_file)
