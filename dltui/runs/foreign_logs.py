"""Curves in the logs of other trainers: CSV (Lightning, Keras, Ultralytics, W&B ...), JSON Lines, Hugging Face's
trainer_state.json, TensorBoard's event files."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from dltui import regular_file
from dltui.errors import DltuiError, ExitStatus
from dltui.runs import delimited_log, log_folders
from dltui.text_decoding import decoded

LARGEST = 1 << 28  # bytes of a file
LARGEST_STEP = 1 << 53
STEPS = ("step", "global_step", "_step", "iteration", "iter", "steps")  # columns that count steps, the first one wins
EPOCHS = ("epoch", "epochs")  # what counts them where no step is named
TIMES = ("timestamp", "time", "_timestamp", "wall_time", "wall time", "_runtime")  # when, and no curve
PARTS = ("phase", "split", "subset", "stage", "mode", "set")  # columns that say whether a row is of training, say
MOST_PARTS = 5
EVENTS = "events.out.tfevents."  # how TensorBoard's files begin
HINT = "CSV with a header, JSON Lines, trainer_state.json, a TensorBoard event file, or a folder of these."
LEAST, MOST = "__MIN", "__MAX"  # how W&B calls the columns of a curve's bounds

Points = dict[str, tuple[list[int], list[float]]]  # metric -> steps that rise, and a value each


class Curves(NamedTuple):
    """series: name -> its metrics, one named "" where there are no several; notes: words on what was understood;
    settings: what a file beside the log says of the training, as TOML holds it."""

    series: dict[str, Points]
    notes: tuple[str, ...] = ()
    settings: Mapping[str, object] = MappingProxyType({})


def read(path: Path) -> Curves:
    """Returns the curves of a log, or of the one in a folder.

    Raises DltuiError, (3) where nothing is there, (4) where it says what was expected and what was found.
    """
    inside = log_folders.file_of(path) if path.is_dir() else None
    if inside:
        found = read(inside)
        return found._replace(notes=(f"read: {inside.relative_to(path)}", *found.notes))
    notes: list[str] = []
    try:
        if path.is_dir() or path.name.startswith(EVENTS) or ".tfevents." in path.name:
            found = _of_tensorboard(path)
        elif path.suffix.lower() in (".csv", ".tsv", ".jsonl", ".ndjson", ".json"):
            found = _of_rows(*_rows_of(path))
        else:
            path.stat()  # a name without a suffix may be one of nothing
            raise ValueError(f"expected a log, found {path.suffix or 'a file without a suffix'}")
    except OSError as error:
        absent = isinstance(error, FileNotFoundError | NotADirectoryError)
        hint = regular_file.near_absent(path) if absent else HINT
        status = ExitStatus.NOT_FOUND if absent else ExitStatus.DATA
        raise DltuiError(f"{path}: {error.strerror}.", hint, status) from None
    except ValueError as error:
        raise DltuiError(f"{path}: {error}.", HINT, ExitStatus.DATA) from None
    if not any(found.series.values()):
        raise DltuiError(f"{path}: expected numbers by step, found none.", HINT, ExitStatus.DATA)
    settings = log_folders.settings_of(path, notes)
    return found._replace(notes=(*found.notes, *notes), settings=settings)


# -- rows --------------------------------------------------------------------------------------------------------------


def _rows_of(path: Path) -> tuple[Iterable[Mapping[str, object]], list[str]]:
    text = decoded(regular_file.read(path, LARGEST))
    notes = [text.note] if text.note else []
    if path.suffix.lower() in (".csv", ".tsv"):
        return list(delimited_log.rows(text.text, notes)), notes
    if path.suffix.lower() == ".json":
        return _of_json(text.text), notes
    return _of_json_lines(text.text, notes), notes


def _of_json(text: str) -> list[dict[str, object]]:
    """Hugging Face's trainer_state.json, or a list of rows."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"cannot be read as JSON: {error}") from None
    rows = whole.get("log_history") if isinstance(whole, dict) else whole
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise ValueError('expected "log_history", as in trainer_state.json, or a list of rows')
    return [_flat(row) for row in rows]


def _of_json_lines(text: str, notes: list[str]) -> Iterator[dict[str, object]]:
    bad = 0
    for line in text.split("\n"):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            yield _flat(row)
        else:
            bad += 1
    if bad:
        notes.append(f"passed over, no JSON objects: {_counted(bad, 'line')}")


def _flat(row: Mapping, place: str = "", depth: int = 8) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in row.items():
        if isinstance(value, dict) and depth:
            found |= _flat(value, f"{place}{name}/", depth - 1)
        else:
            found[f"{place}{name}"] = value
    return found


def _of_rows(rows: Iterable[Mapping[str, object]], notes: list[str]) -> Curves:
    """Rows as curves: a column counts the steps, one of words may name the series, the others are metrics."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row if name))
    lower = {name.lower(): name for name in names}
    counts = next((lower[known] for known in (*STEPS, *EPOCHS) if known in lower), None)
    part = next((lower[known] for known in PARTS if known in lower and _names_series(rows, lower[known])), None)
    no_curves = {lower[known] for known in (*STEPS, *EPOCHS, *TIMES) if known in lower} | {part}
    metrics = [name for name in names if name not in no_curves]
    series: dict[str, dict[str, dict[int, float]]] = {}
    words, lost, again, unsaid, last = dict.fromkeys(metrics, 0), 0, 0, 0, 0
    for number, row in enumerate(rows, 1):
        given = row.get(counts) if counts else number
        unsaid += given == ""  # of CSV; where JSON leaves a step out, that is its way
        step = _step(last if given in (None, "") else given)
        if step is None:
            lost += 1
            continue
        last = step
        points = series.setdefault(str(row.get(part) or "") if part else "", {name: {} for name in metrics})
        for name in metrics:
            value = _number(row.get(name))
            if value is not None:
                again += step in points[name]
                points[name][step] = value
            elif row.get(name) not in (None, ""):
                words[name] += 1
    said = [f"{counts} counts the steps" if counts else "no column counts the steps: the rows do"]
    said += [f"{part} names the series: {', '.join(series)}"] if part else []
    said += [f"no curves: {', '.join(sorted(no_curves - {counts, part}))}"] if no_curves - {counts, part} else []
    said += [f"passed over, no whole {counts}: {_counted(lost, 'row')}"] if lost else []
    said += [f"without a step, and of the one before: {_counted(unsaid, 'row')}"] if unsaid else []
    said += [f"at a step that had one already, and counts in its place: {_counted(again, 'value')}"] if again else []
    said += [f"passed over, no numbers: {_counted(many, 'cell')} of {name}" for name, many in words.items() if many][:8]
    return _by_run({name: _sorted(points) for name, points in series.items()}, [*notes, *said])


def _by_run(series: dict[str, Points], notes: list[str]) -> Curves:
    """Curves; in what W&B exports, "RUN - METRIC" with its bounds beside it, each run is a series of its own."""
    whole = series.get("", {})
    bounds = [name for name in whole if name.endswith((LEAST, MOST)) and name[: -len(MOST)] in whole]
    named = [name for name in whole if name not in bounds]
    if not bounds or not all(" - " in name for name in named):
        return Curves(series, tuple(notes))
    found: dict[str, Points] = {}
    for name in named:
        run, _, metric = name.rpartition(" - ")
        found.setdefault(run, {})[metric] = whole[name]
    notes.append(f"passed over, bounds of other curves: {_counted(len(bounds), 'column')}")
    return Curves(found, tuple(notes))


def _names_series(rows: list[Mapping[str, object]], name: str) -> bool:
    """Whether a column holds a few words, and no numbers."""
    found = {str(row[name]) for row in rows if row.get(name) not in (None, "")}
    return 0 < len(found) <= MOST_PARTS and not any(_number(word) is not None for word in found)


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _sorted(points: Mapping[str, Mapping[int, float]]) -> Points:
    return {name: (sorted(of), [of[step] for step in sorted(of)]) for name, of in points.items() if of}


def _step(value: object) -> int | None:
    number = _number(value)
    whole = number is not None and math.isfinite(number) and number == int(number) and 0 <= number < LARGEST_STEP
    return int(number) if whole else None


def _number(value: object) -> float | None:
    """A number, as a JSON value or as a cell has it; None for what is none."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, str):
        value = value.strip()
        if not value or "_" in value:  # of Python's own numbers
            return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None


# -- TensorBoard -------------------------------------------------------------------------------------------------------


def _of_tensorboard(path: Path) -> Curves:
    """A folder's event files, and those of each folder below as a series of its own: train/ and validation/, say."""
    files = sorted(path.rglob(f"*{EVENTS}*")) if path.is_dir() else [path]
    files = [file for file in files if file.is_file()]
    if not files:
        raise ValueError("expected TensorBoard event files, found none in the folder")
    series: dict[str, dict[str, dict[int, float]]] = {}
    notes = []
    for file in files:
        place = "" if file == path else str(file.parent.relative_to(path)).removeprefix(".")
        try:
            for tag, step, value in _scalars(file):
                if 0 <= step < LARGEST_STEP:
                    series.setdefault(place, {}).setdefault(tag, {})[step] = value
        except Exception as error:  # of a library that reads what somebody else wrote
            notes.append(f"{file.name} is damaged, and read up to there: {type(error).__name__}: {error}"[:200])
    return Curves({name: _sorted(points) for name, points in series.items()}, tuple(notes))


def _scalars(file: Path) -> Iterator[tuple[str, int, float]]:
    """(tag, step, value) of each scalar of an event file."""
    try:
        from tensorboard.backend.event_processing.event_file_loader import EventFileLoader
        from tensorboard.util import tensor_util
    except ImportError:
        what = f"{file}: TensorBoard's event files need its library."
        raise DltuiError(what, "Install it: pip install 'dltui[export]'", ExitStatus.DATA) from None
    with regular_file.opened(file, LARGEST):
        pass  # it is a file, and of a sane size
    for event in EventFileLoader(str(file)).Load():
        for value in event.summary.value:
            if value.HasField("simple_value"):
                yield value.tag, event.step, value.simple_value
            elif value.HasField("tensor") and value.metadata.plugin_data.plugin_name == "scalars":
                array = tensor_util.make_ndarray(value.tensor)
                if array.size == 1:
                    yield value.tag, event.step, float(array.reshape(()))
