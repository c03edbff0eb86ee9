"""How large things on disk are, and how that is said."""

from pathlib import Path


def folder_size(folder: Path) -> int:
    """Returns the bytes of all files below a folder; 0 where there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def size_in_words(size: int) -> str:
    """Returns 9.4 MB, 1.2 GB; "" for nothing."""
    for limit, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if size >= limit:
            return f"{size / limit:.1f} {unit}"
    return f"{size} B" if size else ""
