"""images/ and annotations.json in COCO's format."""

import io
import json
from pathlib import Path

from PIL import Image

from dltui.engine.reading.hub_columns import OBJECTS, HubRows, Written
from dltui.engine.reading.picture import suffix_of

EDGE = 1.0  # pixels by which a box of x, y, width, height may pass its picture


def write(rows: HubRows, folder: Path) -> Written:
    """Writes the pictures and boxes of all splits. Raises DltuiError (4) where a picture or a box is none.

    Whether a box is x, y, width, height, as COCO has it, or two corners, is seen from all of them together.
    """
    picture, objects = rows.picture(), rows.column("label", OBJECTS)
    (folder / "images").mkdir()
    images, found = [], []
    for split, table in rows.tables.items():
        for row, (held, boxes) in enumerate(
            zip(table[picture.name].to_pylist(), table[objects.name].to_pylist(), strict=True), 1
        ):
            data = (held or {}).get("bytes") or b""
            name = f"{len(images) + 1:06d}{suffix_of(data)}"
            try:
                with Image.open(io.BytesIO(data)) as opened:
                    width, height = opened.size
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
                raise rows.wrong(f"{split or 'rows'}, row {row}: not a picture that can be read") from None
            (folder / "images" / name).write_bytes(data)
            images.append({"id": len(images) + 1, "file_name": name, "width": width, "height": height})
            found += [(images[-1], box, category) for box, category in _each(boxes, objects.box)]
    corners = _are_corners(found)
    annotations = [
        {"id": number, "image_id": image["id"], "category_id": category if isinstance(category, int) else -1,
         "bbox": [box[0], box[1], box[2] - box[0], box[3] - box[1]] if corners and len(box or ()) == 4 else box}
        for number, (image, box, category) in enumerate(found, 1)
    ]  # fmt: skip
    known = range(len(objects.names)) if objects.names else sorted({one["category_id"] for one in annotations})
    categories = [{"id": one, "name": objects.names[one] if objects.names else str(one)} for one in known]
    told = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(told), encoding="utf-8")
    form = "two corners: x1, y1, x2, y2" if corners else "x, y, width, height"
    return Written(folder, {}, (f"the boxes of {objects.name} are {form}",))


def _each(boxes: object, names: tuple[str, str]) -> list[tuple[list, object]]:
    """(box, category) of a list of records, or of a record of lists."""
    if isinstance(boxes, dict):
        return list(zip(*(boxes.get(name) or () for name in names), strict=False))
    return [tuple(one.get(name) for name in names) for one in boxes or ()]


def _are_corners(found: list) -> bool:
    """Whether some box read as x, y, width, height leaves its picture, and none read as two corners does."""
    whole = [
        (image, box)
        for image, box, _ in found
        if box and len(box) == 4 and all(isinstance(x, int | float) for x in box)
    ]
    leaves = any(
        box[0] + box[2] > image["width"] + EDGE or box[1] + box[3] > image["height"] + EDGE for image, box in whole
    )
    fits = all(
        box[0] <= box[2] <= image["width"] + EDGE and box[1] <= box[3] <= image["height"] + EDGE for image, box in whole
    )
    return bool(whole) and leaves and fits
