"""`python -m dltui.engine.commands.fetch KIND [--only-info]`: caches a data set, or tells what there is of it."""

import argparse

from dltui.engine.commands.answer import answer, progress
from dltui.engine.contracts import kinds
from dltui.engine.reading import sources, tensor_file
from dltui.recipes.recipe import Section


def fetch(kind: str, *, only_info: bool, report) -> dict:
    """Returns {"kind", "sources", "source", "detail", "rows", "train", "test", "path", "classes"}.

    rows: training and test rows together. path: its file in the cache, "" where nothing is kept there.
    only_info: tells of the hub's copy only where it is in the cache, else of what is built in; asks nobody.
    Raises DltuiError (2 for an unknown kind, 4 where the hub fails).
    """
    available = kinds.module("data", kind).SOURCES
    path = tensor_file.of_hub(kind)
    of_hub = "hub" in available and (path.is_file() or not only_info)
    data = sources.load(Section(kind, {}), "hub" if of_hub else "builtin", report)
    train, test = len(data.train.targets), len(data.test.targets)
    return {
        "kind": kind, "sources": list(available), "source": data.source, "detail": data.detail,
        "rows": train + test, "train": train, "test": test,
        "path": str(path) if path.is_file() else "", "classes": list(data.classes),
    }  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind")
    parser.add_argument("--only-info", action="store_true")
    given = parser.parse_args()
    report = progress()
    return answer(lambda: fetch(given.kind, only_info=given.only_info, report=report))


if __name__ == "__main__":
    raise SystemExit(main())
