"""`python -m dltui.engine.commands.export RUN_DIR --to KIND --out FOLDER`: writes what was asked for, and says what."""

import argparse
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from dltui.engine.commands.answer import answer
from dltui.errors import DltuiError, ExitStatus
from dltui.runs.run import Run

NEEDS = {
    "onnx": ("onnx", "onnxscript", "onnxruntime"),
    "safetensors": (),
    "tensorboard": ("tensorboard",),
    "torch": (),
    "hf": (),
}


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
    files: list[dict] = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for path, about, used in module.write(run, out, variant, notes.setdefault):
            files.append({"file": str(path), "about": about, **used})
        return {"files": files, "notes": list(notes)}
    except DltuiError:
        _take_back(files, out)  # half of an export is none
        raise
    except OSError as error:
        _take_back(files, out)
        raise DltuiError(f"{error.filename or out}: {error.strerror}.", "Choose another place: --out FOLDER") from None
    finally:
        if ours and out.is_dir() and not any(out.iterdir()):  # nothing could be written
            out.rmdir()


def _take_back(files: list[dict], out: Path) -> None:
    """Removes the files that were written, and their folders in `out` where nothing else is in them."""
    for path in [Path(row["file"]) for row in files if Path(row["file"]).is_file()]:
        path.unlink()
        if path.parent != out and not any(path.parent.iterdir()):
            path.parent.rmdir()


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
