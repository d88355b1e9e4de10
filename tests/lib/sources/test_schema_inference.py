"""The schema of JSON lines by majority."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lib.sources.schema_inference import Shape, parsed

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abAB"), inner, max_size=4),
    max_leaves=12,
)


def shape_of(*values: Any) -> Shape:
    shape = Shape()
    for value in values:
        shape.add(value)
    return shape


def schema_of(*values: Any) -> str:
    return shape_of(*values).spark_type().simpleString()


def test_the_commonest_kind_wins_and_text_where_there_is_none() -> None:
    assert schema_of({"a": {"x": 1}}, {"a": {"y": None}}, {"a": "other"}) == "struct<a:struct<x:string,y:string>>"
    assert schema_of({"a": {"x": 1}}, {"a": "other"}) == "struct<a:string>"
    assert (
        schema_of({"a": [{"x": [1]}, 5, {"z": "z"}]}, {"a": None})
        == "struct<a:array<struct<x:array<string>,z:string>>>"
    )
    assert schema_of({"a": []}, {"a": [None]}) == "struct<a:array<string>>"
    assert schema_of({"a": {}}) == "struct<a:string>"


def test_of_names_that_differ_in_case_only_the_commonest_is_kept() -> None:
    assert schema_of({"Id": 1}, {"Id": 2}, {"ID": 3, "": 4}) == "struct<Id:string>"


def test_hostile_lines_have_no_shape_or_a_small_one() -> None:
    assert parsed(b'{"a": ' + b"[" * 100_000) is None
    assert parsed(b"[1]") is None
    wide = shape_of(*({f"k{i}": 1} for i in range(20_000)))
    assert len(wide.fields) == 10_000
    assert len(wide.kept_fields()) == 500
    deep = shape_of(json.loads('{"a":' * 50 + "1" + "}" * 50))
    assert deep.spark_type().simpleString().count("struct") == 8


@given(st.lists(json_values, max_size=6), st.integers(0, 6))
def test_merged_parts_say_what_the_whole_says(values: list[Any], cut: int) -> None:
    merged = Shape.load(json.loads(json.dumps(shape_of(*values[:cut]).dump())))
    merged.merge(shape_of(*values[cut:]))
    assert merged == shape_of(*values)
