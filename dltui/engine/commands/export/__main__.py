"""`python -m dltui.engine.commands.export RUN_DIR --to KIND --out FOLDER`: writes what was asked for, and says what."""

import argparse
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from dltui.engine.commands.answer import answer
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.run import Run

NEEDS = {"onnx": ("onnx", "onnxscript", "onnxruntime"), "safetensors": (), "tensorboard": ("tensorboard",)}


def export(run: Run, kind: str, out: Path, variant: str) -> dict:
    """Returns {"files": [{file, about, ...}], "notes"} of what <kind>_files.py wrote into `out`. Raises DltuiError.

    Of weights a file tells too from which step they are (saved_run.step_used). notes: of checkpoints not used.
    """
    missing = [package for package in NEEDS[kind] if not find_spec(package)]
    if missing:
        raise DltuiError(
            f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not installed.",
            "Install it: pip install 'dltui[export]'",
            ExitStatus.USAGE,
        )
    module = import_module(f"dltui.engine.commands.export.{kind}_files")
    ours = not out.exists()
    notes: dict[str, None] = {}  # each once, though every variant is opened by itself
    try:
        out.mkdir(parents=True, exist_ok=True)
        files = [
            {"file": str(path), "about": about, **used}
            for path, about, used in module.write(run, out, variant, notes.setdefault)
        ]
        return {"files": files, "notes": list(notes)}
    except OSError as error:
        raise DltuiError(f"{error.filename or out}: {error.strerror}.", "Choose another place: --out FOLDER") from None
    finally:
        if ours and out.is_dir() and not any(out.iterdir()):  # nothing could be written
            out.rmdir()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--to", choices=list(NEEDS), required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--variant", default="")
    given = parser.parse_args()
    return answer(lambda: export(Run(given.run), given.to, given.out, given.variant))


if __name__ == "__main__":
    raise SystemExit(main())
