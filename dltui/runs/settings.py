"""What a run was told to do: every option of its parts, by its dotted key, with the defaults that it left alone."""

from dltui.errors import DltuiError
from dltui.recipes import files, keys, overrides
from dltui.runs.run import Run


def read(run: Run) -> dict[str, object]:
    """Returns dotted key -> value, and `variants.NAME.KEY` -> value of what a variant sets. {} where the run's recipe
    cannot be read."""
    try:
        table = files.read_table(run.recipe_file)
    except DltuiError:
        return {}
    given = dict(files.flat({name: body for name, body in table.items() if isinstance(body, dict)}))
    found = {key: given.get(key, option.default if option else None) for key, option in keys.options(table)}
    return found | {key: value for key, value in given.items() if key.startswith(("data.from", "variants."))}


def by_key(settings: dict[str, object]) -> dict[str, list[object]]:
    """Returns dotted key -> its values: one, or that of each variant. `settings`: as `read` gives them."""
    names = {key.split(".")[1] for key in settings if key.startswith("variants.")}
    plain = {key: value for key, value in settings.items() if not key.startswith("variants.")}
    if not names:
        return {key: [value] for key, value in plain.items()}
    own = {name: {key.split(".", 2)[2]: value for key, value in settings.items() if key.startswith(f"variants.{name}.")}
           for name in names}  # fmt: skip
    every = dict.fromkeys([*plain, *(key for changes in own.values() for key in changes)])
    return {key: [changes.get(key, plain.get(key)) for changes in own.values()] for key in every}


def as_text(value: object) -> str:
    """Returns a value as a filter compares it: without spaces, in small letters, lists as [16,16]."""
    return overrides.toml_value(value).strip('"').replace(" ", "").casefold() if value is not None else "none"
