"""DLTUI_MEMORY: the limit holds for what an engine allots, and a value that is none is told."""

import subprocess
import sys

import pytest

from dltui.runs.engine_lock import MEMORY_VARIABLE

ALLOT = """
import sys
from dltui.engine.training import memory_limit
memory_limit.obey()
held = bytearray(int(float(sys.argv[1]) * (1 << 30)))
"""


def allotted(gib, limit):
    """How a process ends that allots `gib` under a limit: its status, and what it said."""
    command = [sys.executable, "-c", ALLOT, str(gib)]
    ended = subprocess.run(command, env={MEMORY_VARIABLE: limit}, capture_output=True, text=True, check=False)
    return ended.returncode, ended.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="RLIMIT_DATA counts mapped memory on Linux alone")
def test_what_wants_more_is_refused_and_what_wants_less_is_not():
    status, told = allotted(0.6, "0.5")
    assert status == 1 and "MemoryError" in told
    assert allotted(0.3, "0.5") == (0, "")
    assert allotted(0.6, "") == (0, "")


@pytest.mark.parametrize("given", ["much", "0", "-1", "nan", "1e9"])
def test_a_value_that_is_none_is_told(given):
    status, told = allotted(0.0, given)
    assert status == 0 and f"{MEMORY_VARIABLE}={given}" in told
