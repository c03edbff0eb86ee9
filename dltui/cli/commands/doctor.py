"""`dltui doctor`: what this machine, this terminal and this network can do, and what to fix."""

import os
import platform
import shutil
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import typer

import dltui
from dltui import paths
from dltui.cli import tmux
from dltui.cli.columns import explained
from dltui.cli.commands.data import cached_size, size_in_words
from dltui.cli.words import AsJson
from dltui.errors import DltuiError, ExitStatus
from dltui.jobs import engine_answer
from dltui.recipes import schema

EXAMPLES = """
dltui doctor
dltui doctor --json | jq -r '.[] | select(.fix != "") | .fix'
"""
PACKAGES = ("torch", "huggingface_hub", "textual", "rich", "typer", "scikit-learn", "numpy")
HUB = "https://huggingface.co"
HUB_SECONDS = 3.0
LEAST_FREE = 1 << 30  # bytes
PICTURES = {
    "blocks": "in cells (DLTUI_PICTURES=kitty or sixel, with the extra dltui[images], if the terminal has pixels)",
    "kitty": "in pixels in the app, by Kitty's protocol",
    "sixel": "in pixels in the app, as sixels",
}


class Finding(NamedTuple):
    """One line: `level` is ok, note (works, but less well) or fault (a run will fail)."""

    what: str
    found: str
    level: str = "ok"
    fix: str = ""


def command(context: typer.Context, as_json: AsJson = False) -> ExitStatus:
    """Devices, versions, terminal, data access, disk; what to fix. Status 1 where a run would fail."""
    env = context.obj
    found = [*versions(), *devices(), *terminal(env), *network(), *disk()]
    if as_json:
        env.print_json([finding._asdict() for finding in found])
    else:
        signs = {"ok": "ok", "note": "note", "fault": "FAULT"}
        env.print("\n".join(explained([(f.what, signs[f.level], f.found) for f in found], env.table_width, "")))
        fixes = [finding for finding in found if finding.fix]
        if fixes:
            env.print("\nTo fix", bold=True)
            env.print("\n".join(explained([(finding.what, finding.fix) for finding in fixes], env.table_width)))
    return ExitStatus.FAILED if any(finding.level == "fault" for finding in found) else ExitStatus.OK


def versions() -> list[Finding]:
    """dltui, Python, and the packages that matter, without importing them."""
    from importlib.metadata import PackageNotFoundError, version

    found = [Finding("dltui", f"{dltui.__version__} in {paths.PACKAGE}"), Finding("python", platform.python_version())]
    for name in PACKAGES:
        try:
            found.append(Finding(name, version(name)))
        except PackageNotFoundError:
            found.append(Finding(name, "not installed", "fault", f"pip install {name}"))
    return found


def devices() -> list[Finding]:
    """What torch can use, asked in a process of its own."""
    begun = time.monotonic()
    try:
        known = engine_answer.ask("inventory")
    except DltuiError as error:
        return [Finding("devices", error.message, "fault", "Install again: pip install --force-reinstall torch")]
    seconds = f"torch starts in {time.monotonic() - begun:.1f} s"
    found = [
        Finding(one["name"], "  ".join(filter(None, [one["is"], size_in_words(one["memory"]), one["precision"]])))
        for one in known["devices"]
    ]
    found += [Finding("joined by", f"{how}: {', '.join(pairs)}") for how, pairs in known["links"].items()]
    if known["fault"]:
        fix = "Bring the GPU's driver up to date; until then runs use the CPU."
        found.append(Finding("cuda", known["fault"], "note", fix))
    return [*found, Finding("threads", f"{known['threads']} of {os.cpu_count()} cores; {seconds}")]


def terminal(env) -> list[Finding]:
    """What standard output can show."""
    from dltui.render.terminal_capabilities import detect

    if not env.stdout.isatty():
        return [Finding("terminal", "standard output is no terminal: plain lines")]
    look = detect(env.variables, env.stdout)
    term = env.variables.get("TERM", "")
    found = [Finding("terminal", f"TERM={term}, {env.width} columns, {'dark' if look.dark else 'light'} ground")]
    if look.colours == "true":
        found.append(Finding("colours", "24 bits"))
    else:
        words = {"256": "256", "16": "16: pictures are coarse", "none": "none"}[look.colours]
        fix = "" if env.variables.get("NO_COLOR") else "If the terminal has them: export COLORTERM=truecolor"
        found.append(Finding("colours", words, "note", fix))
    if look.unicode:
        found.append(Finding("characters", "Unicode: Braille curves, half-block pictures"))
    else:
        fix = "A UTF-8 locale, e.g. export LC_ALL=C.UTF-8 (or DLTUI_UNICODE=1 if the terminal shows ⣿ and ▀)"
        found.append(Finding("characters", "ASCII only", "note", fix))
    return [*found, Finding("pictures", PICTURES[look.pictures]), *_tmux(env.variables)]


def _tmux(variables) -> list[Finding]:
    """What tmux holds back, where we are inside it."""
    if not variables.get("TMUX"):
        return []
    found = tmux.advice(variables.get("TERM", ""), variables.get("COLORTERM", ""))
    lines = [Finding("tmux", what, "note", f"In ~/.tmux.conf: {line}") for what, line in found]
    return lines or [Finding("tmux", "lets everything through")]


def network() -> list[Finding]:
    """Whether the hub answers, and which data sets are cached."""
    cached = [f"{kind} {size_in_words(size)}" for kind in schema.kinds("data") if (size := cached_size(kind))]
    kept = Finding("cached data", ", ".join(cached) or "nothing yet")
    chosen = os.environ.get("DLTUI_DATA")
    machine = [Finding("DLTUI_DATA", chosen)] if chosen else []
    return [_hub(), kept, *machine]


def _hub() -> Finding:
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    address = os.environ.get("HF_ENDPOINT") or HUB
    if os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        return Finding("hub", "HF_HUB_OFFLINE is set: only cached and built-in data", "note", "unset HF_HUB_OFFLINE")
    begun = time.monotonic()
    try:
        with urlopen(Request(f"{address}/api/datasets/ylecun/mnist", method="HEAD"), timeout=HUB_SECONDS):
            pass
    except HTTPError as error:
        if error.code >= 500:
            return Finding("hub", f"{address} answers {error.code}", "note", "Try later; built-in data need no hub.")
    except (OSError, ValueError) as error:
        fix = "Runs use cached or built-in data. A proxy: HTTPS_PROXY; a mirror: HF_ENDPOINT."
        return Finding("hub", f"{address} is out of reach: {getattr(error, 'reason', error)}", "note", fix)
    return Finding("hub", f"{address} answers in {time.monotonic() - begun:.1f} s")


def disk() -> list[Finding]:
    """Whether runs and caches can be written, how much room there is, and whether others can read the runs."""
    exposed = paths.exposure()
    fix = f"chmod go-rwx {paths.runs()}, or set DLTUI_HOME to a folder that can be closed."
    told = [Finding("privacy", exposed, "note", fix)] if exposed else []
    return [_folder("runs", paths.runs(), "DLTUI_HOME"), _folder("cache", paths.cache(), "DLTUI_CACHE"), *told]


def _folder(what: str, folder: Path, variable: str) -> Finding:
    there = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Finding(what, f"{folder}: {error.strerror}", "fault", f"Set {variable} to a folder you may write to.")
    free = shutil.disk_usage(there).free
    if free < LEAST_FREE:
        return Finding(what, f"{folder}, only {size_in_words(free)} free", "note", f"Make room, or set {variable}.")
    return Finding(what, f"{folder}, {size_in_words(free)} free")
