"""The schema of JSON lines by majority, so that a row of another shape spoils itself and not the others.

Spark's own inference widens: one row with a string where all others have an object makes the object a string, and no
expression over its fields resolves any more. All leaves are strings here, for the same reason.
"""

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql.types import ArrayType, DataType, StringType, StructField, StructType

MAX_FIELDS = 500  # of one object: a hostile file may have a new one in each row
MAX_TRACKED = 10_000  # names that are counted at all
MAX_DEPTH = 8  # what is nested deeper is kept as its text
MAX_ELEMENTS = 20  # of an array, that are looked at


@dataclass(slots=True)
class Shape:
    """What one place of the rows holds: how often each kind, and the same of what is nested in it."""

    objects: int = 0
    arrays: int = 0
    texts: int = 0
    fields: dict[str, "Shape"] = field(default_factory=dict)
    elements: "Shape | None" = None

    def add(self, value: Any, depth: int = 0) -> None:
        if value is None:
            return
        if isinstance(value, dict) and depth < MAX_DEPTH:
            self.objects += 1
            for name, inner in value.items():
                if shape := self.fields.get(name) or self.new_field(name):
                    shape.add(inner, depth + 1)
        elif isinstance(value, list) and depth < MAX_DEPTH:
            self.arrays += 1
            self.elements = self.elements or Shape()
            for inner in value[:MAX_ELEMENTS]:
                self.elements.add(inner, depth + 1)
        else:
            self.texts += 1

    def new_field(self, name: str) -> "Shape | None":
        return self.fields.setdefault(name, Shape()) if len(self.fields) < MAX_TRACKED else None

    def merge(self, other: "Shape") -> None:
        self.objects += other.objects
        self.arrays += other.arrays
        self.texts += other.texts
        for name, inner in other.fields.items():
            if shape := self.fields.get(name) or self.new_field(name):
                shape.merge(inner)
        if other.elements:
            self.elements = self.elements or Shape()
            self.elements.merge(other.elements)

    def seen(self) -> int:
        return self.objects + self.arrays + self.texts

    def mixed(self) -> bool:
        return sum(bool(rows) for rows in (self.objects, self.arrays, self.texts)) > 1

    def spark_type(self) -> DataType:
        """Of the commonest kind; of the most general of several, which is text."""
        if self.objects > max(self.arrays, self.texts) and (kept := self.kept_fields()):
            return StructType([StructField(name, inner.spark_type()) for name, inner in kept])
        if self.arrays > max(self.objects, self.texts):
            return ArrayType(self.elements.spark_type() if self.elements else StringType())
        return StringType()

    def kept_fields(self) -> list[tuple[str, "Shape"]]:
        """The commonest fields, by name. Of names that differ in case only, SQL can tell but one."""
        kept: dict[str, tuple[str, Shape]] = {}
        for name, inner in sorted(self.fields.items(), key=lambda item: (-item[1].seen(), item[0])):
            if name and len(kept) < MAX_FIELDS:
                kept.setdefault(name.lower(), (name, inner))
        return sorted(kept.values(), key=lambda item: item[0])

    def dump(self) -> Any:
        inner = {name: shape.dump() for name, shape in self.fields.items()}
        return [self.objects, self.arrays, self.texts, inner, self.elements and self.elements.dump()]

    @staticmethod
    def load(dumped: Any) -> "Shape":
        objects, arrays, texts, fields, elements = dumped
        inner = {name: Shape.load(each) for name, each in fields.items()}
        return Shape(objects, arrays, texts, inner, Shape.load(elements) if elements else None)


def inferred_schema(lines: DataFrame, line: Column, *, plain: Collection[str] = ()) -> StructType:
    """Of the JSON objects among `line`. No fields where there is no object.

    Fields named in `plain` (in lower case) are read whole, so they are text where rows disagree: nothing is lost.
    """
    shapes = lines.select(line.cast("binary").alias("line")).mapInArrow(shapes_of, "shape string").collect()
    whole = Shape()
    for row in shapes:
        whole.merge(Shape.load(json.loads(row.shape)))
    kept = [(name, inner, name.lower() in plain and inner.mixed()) for name, inner in whole.kept_fields()]
    return StructType([StructField(n, StringType() if as_text else s.spark_type()) for n, s, as_text in kept])


def shapes_of(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    whole = Shape()
    for batch in batches:
        for line in batch.column(0).to_pylist():
            whole.add(parsed(line))
    yield pa.RecordBatch.from_pydict({"shape": [json.dumps(whole.dump())]})


def parsed(line: Any) -> dict[str, Any] | None:
    try:
        value = json.loads(line.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
