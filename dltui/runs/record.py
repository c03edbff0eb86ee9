"""run.json of a run that was begun: what becomes known later, or is changed."""

import json

from dltui import paths
from dltui.atomic_write import replacing
from dltui.runs.run import Run


def change(run: Run, **fields: object) -> None:
    """Writes fields into run.json, which holds the others as they were. Raises OSError where it cannot be written."""
    with replacing(run.path / "run.json", "w", encoding="utf-8", opener=paths.private) as file:
        file.write(json.dumps(run.info() | fields, indent=1, ensure_ascii=False) + "\n")
