#!/usr/bin/env python3
"""A real run's files are damaged in hundreds of ways; every reading command must answer each, in words, and soon.

    DLTUI_HOME=/tmp/some-home dltui run mlp-moons train.steps=200
    python tests/stress/log_mutants.py /tmp/some-home/runs/mlp-moons-... [--mutants 500] [--seed 0] [--minutes 10]

Each mutant stands beside a sound copy of the run, in a home of its own; the commands are called in this process. A
reader fails where an exception leaves it, where it takes longer than LIMIT, or where one of the runs is not listed.
"""

import copy
import hashlib
import io
import json
import os
import random
import shutil
import signal
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import table
import tomli
import tomli_w
from table import Row, attempts

SOUND, DAMAGED = "mlp-moons-20260101-000000-0000", "mlp-moons-20260101-000001-0000"
LIMIT = 20  # seconds for a command
SHOWN = 12  # different failures that are told
ODD = (
    None, True, False, 0, -1, 2**70, -(10**30), 10**400, 0.5, 1e308, -1e308, float("nan"), "", "nan", "text",
    "\ud800", "\x1b[2J", "x" * 5000, [], [[]], [None], ["a", 3], {}, {"a": {}}, {"file": "../../x"}, [1, "2", None],
)  # fmt: skip
LINES = (
    b"", b"[" * 2000, b'{"a":' * 2000, b"\xff\xfe\x00", b"\0" * 4096, b"null", b"3", b'{"kind":3}', b'{"kind":"frame"}',
    b'{"v":9,"seq":5,"t":1.0,"kind":"hologram","of":[1]}', b'{"v":1,"seq":1,"t":' + b"9" * 5000 + b',"kind":"note"}',
)  # fmt: skip


def places(value: object, depth: int = 4) -> list[tuple]:
    """Every way from a JSON value to one inside it: () is the value itself."""
    found: list[tuple] = [()]
    inner = value.items() if isinstance(value, dict) else enumerate(value[:3]) if isinstance(value, list) else ()
    for key, item in inner if depth else ():
        found += [(key, *way) for way in places(item, depth - 1)]
    return found


def damaged(value: object, chance: random.Random) -> object:
    """Returns a copy of a JSON value in which one value is missing, of another type, or doubled."""
    value = copy.deepcopy(value)
    *way, last = chance.choice([place for place in places(value) if place])
    inside = value
    for key in way:
        inside = inside[key]
    how = chance.random()
    if how < 0.3:
        del inside[last]
    elif how < 0.4 and isinstance(inside, list):
        inside.append(inside[last])
    else:
        inside[last] = copy.deepcopy(chance.choice(ODD))
    return value


def scratched(data: bytes, chance: random.Random) -> bytes:
    """Returns bytes with a few of them changed, a piece gone, or the end torn off."""
    at, size = chance.randrange(len(data)), chance.randrange(1, 200)
    return chance.choice(
        (
            data[:at],
            data[:at] + data[at + size :],
            data[:at] + bytes(chance.randrange(256) for _ in range(size)) + data[at + size :],
            data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :],
            data[:at] + data[at : at + size] + data[at:],
        )
    )


def mutate_events(run: Path, chance: random.Random) -> str:
    path = run / "events.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1]
    how = chance.choice(["field"] * 5 + ["line", "bytes", "order"])
    kinds = {json.loads(line)["kind"] for line in lines}
    if how == "field":
        kind = chance.choice(sorted(kinds))
        at = chance.choice([n for n, line in enumerate(lines) if json.loads(line)["kind"] == kind])
        lines[at] = json.dumps(damaged(json.loads(lines[at]), chance)).encode()
        how = f"field of {kind}"
    elif how == "line":
        lines[chance.choice([0, 1, len(lines) - 1, chance.randrange(len(lines))])] = chance.choice(LINES)
    elif how == "order":
        start = chance.randrange(len(lines))
        part = lines[start : start + 20]
        chance.shuffle(part)
        lines[start : start + 20] = part[: chance.randrange(len(part) + 1)] * chance.choice([1, 2])
    data = b"\n".join([*lines, b""])
    path.write_bytes(scratched(data, chance) if how == "bytes" else data)
    return f"events.jsonl: {how}"


def mutate_record(run: Path, chance: random.Random) -> str:
    def written(record: bytes) -> str:
        return json.dumps(damaged(json.loads(record), chance))

    return f"run.json: {mutate_whole(run / 'run.json', chance, written)}"


def mutate_recipe(run: Path, chance: random.Random) -> str:
    def written(recipe: bytes) -> str:
        table = damaged(tomli.loads(recipe.decode()), chance)
        with suppress(TypeError, ValueError):  # TOML knows no null
            return tomli_w.dumps(table)
        return "nothing = "

    return f"recipe.toml: {mutate_whole(run / 'recipe.toml', chance, written)}"


def mutate_whole(path: Path, chance: random.Random, written: Callable[[bytes], str]) -> str:
    """Damages a file that is one value; `written` gives its text with a field damaged. Returns how."""
    how = chance.choice(["field"] * 4 + ["line", "bytes", "gone"])
    if how == "gone":
        path.unlink()
    elif how == "line":
        path.write_bytes(chance.choice(LINES))
    elif how == "bytes":
        path.write_bytes(scratched(path.read_bytes(), chance))
    else:
        path.write_bytes(written(path.read_bytes()).encode("utf-8", "surrogatepass"))
    return how


def mutate_checkpoint(run: Path, chance: random.Random) -> str:
    """The header is damaged and the sum is right: what reads it cannot lean on the sum."""
    path = next((run / "checkpoints").glob("*.safetensors"))
    data = path.read_bytes()
    end = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:end])
    how = chance.choice(["header", "values", "bytes", "line"])
    if how == "header":
        header = damaged(header, chance)
    elif how == "values":
        header["__metadata__"]["dltui"] = json.dumps(damaged(json.loads(header["__metadata__"]["dltui"]), chance))
    else:
        header["__metadata__"]["dltui"] = chance.choice(LINES).decode("latin-1")
    text = json.dumps(header).encode()
    data = len(text).to_bytes(8, "little") + text + data[end:]
    data = scratched(data, chance) if how == "bytes" else data
    path.write_bytes(data)
    path.with_suffix(".sha256").write_text(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n")
    return f"checkpoint: {how}"


def mutate_control(run: Path, chance: random.Random) -> str:
    asked = [{"t": 1.0, "op": "set", "key": "optimizer.lr", "value": 0.1}, {"t": 2.0, "op": "stop"}]
    lines = [json.dumps(damaged(one, chance)).encode() for one in asked] + [chance.choice(LINES)]
    (run / "control.jsonl").write_bytes(scratched(b"\n".join([*lines, b""]), chance))
    return "control.jsonl"


MUTATIONS = (*[mutate_events] * 6, *[mutate_record] * 2, *[mutate_recipe] * 2, mutate_checkpoint, mutate_control)


# -- what reads them ---------------------------------------------------------------------------------------------------


def commands(out: Path) -> list[list[str]]:
    return [
        ["runs"], ["runs", "loss < 9", "topic:foundations"], ["attach", DAMAGED], ["attach", DAMAGED, "--json"],
        ["compare", SOUND, DAMAGED], ["compare", SOUND, DAMAGED, "--json"], ["replay", DAMAGED],
        ["export", DAMAGED, "--to", "csv", "--out", str(out), "--force"], ["course", "--json"], ["show", "mlp-moons"],
    ]  # fmt: skip


def called(words: list[str]) -> str:
    """Runs a command as the shell does, and returns its standard output."""
    from dltui.cli.environment import Environment
    from dltui.cli.main import program

    out = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="replace")
    env = Environment(io.StringIO(), out, io.StringIO(), {"LANG": "C.UTF-8", "COLUMNS": "100"})
    program(words, env)
    out.flush()
    return out.buffer.getvalue().decode()


def listed() -> None:
    found = {run["id"] for run in json.loads(called(["runs", "--all", "--json"]))}
    assert {SOUND, DAMAGED} <= found, "a run is hidden"


def watched(run: Path) -> None:
    """What the app asks of a run: its list's cells, its log read piece by piece, its live view, its replay."""
    from dltui.render import dashboard
    from dltui.render.terminal_capabilities import TerminalCapabilities
    from dltui.runs.facts import RunFacts
    from dltui.runs.run import Run
    from dltui.tui import run_columns
    from dltui.tui.comparison import Comparison
    from dltui.tui.open_run import OpenRun

    look = TerminalCapabilities(unicode=True, colours="true", dark=True)
    facts = [RunFacts(Run(path)).read() for path in (run, run.with_name(SOUND))]
    for column in run_columns.COLUMNS:
        run_columns.ordered(facts, column.name, True, "")
        for one in facts:
            run_columns.text(column.name, one, run_columns.Kept(2e9, ""), 30, look)
    opened = OpenRun(Run(run))
    while opened.poll() or opened.watcher.behind:
        pass
    opened.measure()
    dashboard.render(opened.history, opened.run, opened.recipe, 120, 40, look, lost=opened.lost)
    opened.toggle_replay()
    while not opened.replay.over:
        opened.replay.advance(1e6)
    comparison = Comparison([Run(run), Run(run.with_name(SOUND))])
    while comparison.poll() or comparison.behind:
        pass
    comparison.rows()


def read_by_engine(run: Path) -> None:
    """What an engine that goes on with the run reads first."""
    from dltui.engine.training import checkpoint
    from dltui.engine.training.control import Control
    from dltui.errors import DltuiError

    Control(run / "control.jsonl").read()
    with suppress(DltuiError):  # told in words
        next(checkpoint.whole(run / "checkpoints", lambda text: None), None)


def failure(read: Callable[[], object]) -> str:
    """Where an exception came from, "" where there was none."""

    def give_up(*_: object) -> None:
        raise TimeoutError(f"more than {LIMIT} s")

    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LIMIT)
    try:
        read()
    except (Exception, SystemExit) as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {str(error)[:80]}   {Path(frame.filename).name}:{frame.lineno}"
    finally:
        signal.alarm(0)
    return ""


def main() -> int:
    parser = table.options(__doc__, "mutants", 500)
    parser.add_argument("run", type=Path, help="the folder of a run that is done")
    given = parser.parse_args()
    tried = survived = 0
    faults, examples = Counter(), {}
    with tempfile.TemporaryDirectory(prefix="dltui-mutants-") as home:
        os.environ["DLTUI_HOME"] = home
        runs = Path(home, "runs")
        shutil.copytree(given.run, runs / SOUND)
        for number in (given.seed + each for each in attempts(given.count, given.minutes)):
            tried += 1
            chance = random.Random(number)
            shutil.rmtree(runs / DAMAGED, ignore_errors=True)
            shutil.copytree(given.run, runs / DAMAGED)
            what = chance.choice(MUTATIONS)(runs / DAMAGED, chance)
            readers = {" ".join(words): (lambda words=words: called(words)) for words in commands(Path(home, "out"))}
            readers = {**readers, "listed": listed, "app": lambda: watched(runs / DAMAGED)}
            readers["engine"] = lambda: read_by_engine(runs / DAMAGED)
            found = {f"{name}: {fault}" for name, read in readers.items() if (fault := failure(read))}
            survived += not found
            for fault in found:
                examples.setdefault(fault, f"--seed {number} --mutants 1   {what}")
            faults.update(found)
    print(table.HEADING, Row("damaged files of a run", tried, survived, tracebacks=faults.total()), sep="\n")
    for fault, count in faults.most_common(SHOWN):
        print(f"{count:5}  {fault}   ({examples[fault]})")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
