"""How payloads are checked: when the engine makes one, and when one comes out of the log.

An array is a nested list or a numpy array when it is made, and a nested list or {"file": NAME} (frames/NAME, .npy
without pickle) in the log.
"""

from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Annotated, ClassVar, Union, get_args, get_origin, get_type_hints

Array1 = Annotated[object, 1]  # (N,)
Array2 = Annotated[object, 2]  # (H, W)
PixelArray = Annotated[object, 2, 3]  # (H, W) or (H, W, 3) uint8
Sound = Annotated[object, "sound"]  # contracts.task.Sound in the engine, the name of a wav in the log


class Checked:
    """Checks the types and lengths of a dataclass's fields when it is made; nested tables become dataclasses."""

    ALIKE: ClassVar[tuple[tuple[str, ...], ...]] = ()  # fields that have one length, those that are None left out
    SIZED: ClassVar[dict[str, tuple[str, str]]] = {}  # an array (H, W) -> the fields with H and with W items

    def __post_init__(self) -> None:
        for name, hint in _hints(type(self)).items():
            value = _checked(getattr(self, name), hint, f"{type(self).__name__}.{name}")
            object.__setattr__(self, name, value)
        self._check_lengths()

    def _check_lengths(self) -> None:
        """Raises ValueError, saying where, for fields of which one is longer than the other."""
        kind = type(self).__name__
        for names in self.ALIKE:
            found = {name: len(value) for name in names if (value := getattr(self, name)) is not None}
            if len(set(found.values())) > 1:
                told = ", ".join(f"{name} {length}" for name, length in found.items())
                raise ValueError(f"{kind} needs as many of each: {told}")
        for name, sides in self.SIZED.items():
            if (value := getattr(self, name)) is None:
                continue
            height, width = len(value), len(value[0]) if len(value) else 0
            rows, columns = (len(getattr(self, side)) for side in sides)
            if height != rows or (height and width != columns):
                told = f"{sides[0]} has {rows}, {sides[1]} {columns}"
                raise ValueError(f"{kind}.{name} is {height} x {width}, and {told}")

    def table(self) -> dict:
        """Returns the payload as the log holds it, arrays as they are."""
        kind = getattr(self, "type", "")
        found = {"type": kind} if kind else {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.default is MISSING or not _same(value, field.default):
                found[field.name] = _plain(value)
        return found


def _same(value: object, default: object) -> bool:
    return type(value) is type(default) and value == default


def _plain(value: object) -> object:
    if isinstance(value, Checked):
        return value.table()
    if isinstance(value, list) and value and isinstance(value[0], Checked):
        return [item.table() for item in value]
    return value


@cache
def _hints(of: type) -> dict[str, object]:
    hints = get_type_hints(of, include_extras=True)
    return {field.name: hints[field.name] for field in fields(of)}


def _checked(value: object, hint: object, where: str) -> object:
    """Returns the value as its field holds it. Raises TypeError, saying where, for one of another type."""
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        if value is None:
            return value
        kinds = [one for one in get_args(hint) if one is not type(None)]
        if len(kinds) > 1 and not isinstance(value, (*kinds, int)):
            raise TypeError(f"{where} is a {type(value).__name__}, not a {hint}")
        return value if len(kinds) > 1 else _checked(value, kinds[0], where)
    if origin is Annotated:
        return _checked_array(value, hint.__metadata__, where)
    if origin is list:
        if not isinstance(value, list | tuple):
            raise TypeError(f"{where} is a {type(value).__name__}, not a list")
        [inner] = get_args(hint)
        return [_checked(item, inner, f"{where}[{number}]") for number, item in enumerate(value)]
    if is_dataclass(hint):
        return value if isinstance(value, hint) else hint(**value)
    if origin is dict or hint is dict:
        allowed: tuple = (dict,)
    else:
        allowed = {float: (int, float), int: (int,), bool: (bool,)}.get(hint, (hint,))
    if hint is not object and (not isinstance(value, allowed) or (isinstance(value, bool) and hint is not bool)):
        raise TypeError(f"{where} is a {type(value).__name__}, not a {getattr(hint, '__name__', hint)}")
    return value


def check_logged_fields(table: object, of: type) -> None:
    """Raises TypeError, saying where, for a table of the log with a field of another type than its dataclass says.

    An array may be in a file there. A field of another version is no fault, nor is one that is missing.
    """
    if not isinstance(table, dict):
        raise TypeError(f"{of.__name__} is a {type(table).__name__}, not a table")
    for name, hint in _hints(of).items():
        if name in table:
            _check_logged(table[name], hint, f"{of.__name__}.{name}")


def _check_logged(value: object, hint: object, where: str) -> None:
    origin = get_origin(hint)
    kinds = [one for one in get_args(hint) if one is not type(None)] if origin in (Union, UnionType) else []
    if kinds and value is None:
        return
    if len(kinds) == 1:
        return _check_logged(value, kinds[0], where)
    if is_dataclass(hint):
        return check_logged_fields(value, hint)
    if origin is list and is_dataclass(get_args(hint)[0]) and isinstance(value, list):
        for item in value:
            check_logged_fields(item, get_args(hint)[0])
        return
    in_file = origin is Annotated and isinstance(value, dict) and value.keys() == {"file"}
    if not in_file:
        _checked(value, hint, where)


def _checked_array(value: object, dimensions: tuple, where: str) -> object:
    if dimensions == ("sound",):
        return value
    found = getattr(value, "ndim", None)
    if found is None:
        found, inner = 0, value
        while isinstance(inner, list | tuple):
            found, inner = found + 1, inner[0] if inner else 0.0
    empty = isinstance(value, list | tuple) and not value
    if found not in dimensions and not empty:
        raise TypeError(f"{where} has {found} dimensions, not {' or '.join(map(str, dimensions))}")
    return value
