"""What a detector found in pictures of the user's own, as a file in COCO's form (Lin et al. 2014, arXiv:1405.0312)."""

import json
from pathlib import Path

from dltui.atomic_write import replacing
from dltui.errors import DltuiError, ExitStatus


def check(file: Path) -> None:
    """Raises DltuiError (2) where a file cannot have that name, before anything is looked at."""
    if file.expanduser().is_dir():
        raise DltuiError(f"--coco {file}: a folder.", f"Name a file: --coco {file / 'found.json'}", ExitStatus.USAGE)


def write(file: Path, answer: dict) -> None:
    """Writes images, annotations and categories, numbered from 1, of `predict`'s answer: bbox [x, y, width, height] in
    pixels, with the detector's score. Raises DltuiError (1) where it cannot be written."""
    numbers = {name: number for number, name in enumerate(answer["classes"], 1)}
    images, annotations = [], []
    for row in answer["rows"]:
        if row["error"]:
            continue
        image = {"id": len(images) + 1, "file_name": row["file"], "width": row["width"], "height": row["height"]}
        images.append(image)
        for found in row["objects"]:
            annotations.append({
                "id": len(annotations) + 1, "image_id": image["id"], "category_id": numbers[found["label"]],
                "bbox": found["box"], "area": found["box"][2] * found["box"][3], "iscrowd": 0, "score": found["score"],
            })  # fmt: skip
    categories = [{"id": number, "name": name} for name, number in numbers.items()]
    told = {"images": images, "annotations": annotations, "categories": categories}
    try:
        with replacing(file.expanduser(), "w", encoding="utf-8") as out:
            json.dump(told, out, ensure_ascii=False, indent=1)
    except OSError as error:
        raise DltuiError(f"{file}: {error.strerror}.", "Name a file in a folder you may write to.") from None
