#!/usr/bin/env python3
"""Every learning recipe's claims are judged on nets that have learned nothing: which of them are met all the same?

    python tests/stress/untrained.py [RECIPE...]

Status 1 where all claims of a recipe are met, or one that asks a metric to be as good as a number says.
"""

import os
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from dltui.recipes import recipe as recipes
from tests.untrained import hollow, judged_untrained, learns


def main(names: list[str]) -> int:
    found = 0
    with tempfile.TemporaryDirectory() as home:
        os.environ["DLTUI_HOME"] = home
        for name in names or [name for name in recipes.files() if learns(recipes.load(name))]:
            judged = judged_untrained(name)
            wrong = hollow(name, judged)
            met = sum(claim["ok"] for claim in judged)
            print(f"{name}: {met} of {len(judged)} met{''.join(f'; HOLLOW {claim}' for claim in wrong)}", flush=True)
            found += bool(wrong) or met == len(judged)
    print(f"{found} recipes claim what holds before the first step")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
