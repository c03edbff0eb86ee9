"""Other keys than the built-in ones: DLTUI_HOME/keys.toml gives an action, by its id, another key or several.

[app]
quit = "ctrl+x"
help = ["f1", "h"]

What is wrong in the file is told; what is right in it counts all the same.
"""

import pkgutil
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual.binding import Binding, Keymap
from textual.keys import REPLACED_KEYS, Keys, _normalize_key_list, key_to_character

from dltui import paths
from dltui.errors import DltuiError, did_you_mean
from dltui.recipes import files, recipe

MODIFIERS = ("alt", "ctrl", "hyper", "meta", "shift", "super")
NAMED = {key.value.rpartition("+")[2] for key in Keys if not key.value.startswith("<")} | {
    *FUNCTIONAL_KEYS.values(),
    *REPLACED_KEYS,
}

# the letters of a Russian keyboard -> those that an American one has in their places
CYRILLIC = dict(zip("йцукенгшщзфывапролдячсмить", "qwertyuiopasdfghjklzxcvbnm", strict=True))
CYRILLIC |= {russian.upper(): latin.upper() for russian, latin in CYRILLIC.items()}


def load(path: Path | None = None) -> tuple[Keymap, list[str]]:
    """Returns id -> keys, as Textual takes them, and the file's problems in words; nothing of both without a file."""
    path = path or paths.home() / "keys.toml"
    if not path.exists():
        return {}, []
    try:
        table = recipe.read_table(path)
    except DltuiError as error:
        return {}, [str(error)]
    keymap, problems = {}, []
    for name, value in files.flat(table):
        keys = value if isinstance(value, list) else [value]
        wrong = [problem for key in keys for problem in _key_problems(key)]
        problems += [f"{path}: {name}: {problem}" for problem in wrong]
        if keys and not wrong:
            keymap[name] = ",".join(keys)
    return keymap, problems


def problems_with(keymap: Keymap, path: Path | None = None) -> Iterator[str]:
    """Yields, in words, ids that no key has and keys that two actions want. Imports every screen and widget."""
    path = path or paths.home() / "keys.toml"
    parts = [list(bindings) for bindings in bindings_of_parts()]
    known = {binding.id for bindings in parts for binding in bindings if binding.id}
    for name in keymap:
        if name not in known:
            yield f'{path}: "{name}" is unknown. {did_you_mean(name, known)}'
    for bindings in parts:
        kept = {binding.key: binding for binding in bindings if binding.id not in keymap}
        for name in {binding.id: None for binding in bindings if binding.id in keymap}:
            for key in _normalize_key_list(keymap[name]).split(","):
                if key in kept and kept[key].id != name:
                    yield f'{path}: "{key}" is the key of {kept[key].id or kept[key].action}, which has none now.'


def bindings_of_parts() -> Iterator[Iterator[Binding]]:
    """Yields the keys of the app, of each screen and of each widget."""
    from dltui import tui

    found = pkgutil.walk_packages(tui.__path__, f"{tui.__name__}.")
    modules = [import_module(module.name) for module in found]
    for module in modules:
        for thing in vars(module).values():
            if isinstance(thing, type) and thing.__module__ == module.__name__ and "BINDINGS" in vars(thing):
                yield Binding.make_bindings(thing.BINDINGS)


def _key_problems(key: object) -> Iterator[str]:
    if not isinstance(key, str) or not key or "," in key:
        yield f'{key!r} is no key. Example: "ctrl+x", or ["f1", "h"]'
        return
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    for modifier in modifiers:
        if modifier not in MODIFIERS:
            yield f'"{key}": there is no modifier "{modifier}". {did_you_mean(modifier, MODIFIERS)}'
    if len(last) != 1 and last not in NAMED and key_to_character(last) is None:
        yield f'"{key}": there is no key "{last}". {did_you_mean(last, NAMED)}'
