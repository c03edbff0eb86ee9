"""`python -m dltui.engine.commands.fetch NAME`: caches a data set, or tells what there is of it.

NAME is a data kind, whose pinned copy of the hub is fetched, or hf:OWNER/NAME, any data set of the hub.
"""

import argparse
import json

from dltui.engine.commands.answer import answer, progress
from dltui.engine.contracts import kinds
from dltui.engine.reading import hub_sets, reading_options, sources, tensor_file
from dltui.recipes import hub_name
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


def fetch_named(name: hub_name.HubName, kind: str, options: dict, *, only_info: bool, report) -> dict:
    """Returns what the hub says of a data set (hub_sets.described); fetched, with {"kind", "path", "rows", "notes"} of
    what is kept. A newer commit than what is kept is fetched anew.

    kind, options: as which data kind it is read; "": as the first that its columns fit. Raises DltuiError (4).
    """
    _, choice = reading_options.build(**reading_options.options_of_hub(options))
    found = hub_sets.described(name, choice, report)
    if only_info:
        return found
    if not kind:
        kind, more = hub_sets.kinds_for(found)[0]
        options = {**more, **options}
    module = kinds.module("data", kind)
    wanted = hub_sets.Wanted(getattr(module, "READS", ""), module.GIVES, options)
    kept = hub_sets.kept(name, wanted, choice, report, again=True)
    return {**found, "kind": kind, "path": str(kept.path), "rows": kept.rows, "notes": list(kept.notes)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--only-info", action="store_true")
    parser.add_argument("--kind", default="")
    parser.add_argument("--options", type=json.loads, default={})
    given = parser.parse_args()
    report = progress()
    if hub_name.is_hub_name(given.name):
        words = {"only_info": given.only_info, "report": report}
        return answer(lambda: fetch_named(hub_name.parse(given.name), given.kind, given.options, **words))
    return answer(lambda: fetch(given.name, only_info=given.only_info, report=report))


if __name__ == "__main__":
    raise SystemExit(main())
