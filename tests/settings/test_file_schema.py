"""Faults are told by the schema of the file that they are in: another file than the unit's has other keys and names."""

from typing import Annotated, Any, Literal, Self

import pytest
from pydantic import Field, Strict, ValidationError, model_validator

from alpr_edge.settings.base import FileSchema, Section
from alpr_edge.settings.faults import faults_of
from alpr_edge.settings.schema import UNIT_FILE


class BoxTable(Section):
    """[[shelf.box]]: a box."""

    name: str
    marks: Annotated[tuple[Literal["red", "blue"], ...], Strict(strict=False)] = ()
    depth: Annotated[int | None, Field(ge=1, le=9)] = None


class ShelfTable(Section):
    """[shelf]: a shelf of boxes."""

    box: Annotated[tuple[BoxTable, ...], Strict(strict=False), Field(max_length=2)] = ()


class StoreFile(Section):
    """The whole file."""

    shelf: ShelfTable = ShelfTable()
    camera: str = ""
    retention: ShelfTable = ShelfTable()

    @model_validator(mode="after")
    def _require_camera(self) -> Self:
        if self.shelf.box and not self.camera:
            raise ValueError("boxes need a camera")
        return self


STORE_FILE = FileSchema(StoreFile)


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ({"shelf": {"bxo": []}}, "shelf.bxo: unknown key; did you mean 'box'?"),
        ({"shelf": {"box": [{"name": "a", "mraks": []}]}}, "shelf.box[0].mraks: unknown key; did you mean 'marks'?"),
        ({"shelf": {"box": [{}]}}, "shelf.box[0].name: missing; expected text in quotes"),
        ({"shelf": {"box": {}}}, "shelf.box: expected tables headed [[shelf.box]], with double brackets"),
        ({"shelf": {"box": [{"name": "a"}] * 3}}, "shelf.box: expected at most 2 [[shelf.box]] tables, not 3"),
        ({"shelf": [{}]}, "shelf: expected one table headed [shelf], with single brackets"),
        (
            {"shelf": {"box": [{"name": "a", "marks": ["red", "bleu"]}]}},
            "shelf.box[0].marks[1]: expected one of 'red', 'blue', not 'bleu'; did you mean 'blue'?",
        ),
        (
            {"shelf": {"box": [{"name": "a", "depth": 10}]}},
            "shelf.box[0].depth: expected a whole number from 1 to 9, not 10",
        ),
        ({"camera": 1}, "camera: expected text in quotes, not 1; the default is ''"),
        ({"retention": {"days": 1}}, "retention.days: unknown key; known here: box"),
        ({"shelf": {"box": [{"name": "a"}]}}, "boxes need a camera"),
    ],
)
def test_faults_are_those_of_the_file_of_the_schema(raw: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValidationError) as caught:
        StoreFile.model_validate(raw)
    assert faults_of(caught.value, STORE_FILE) == [fault]


def test_the_kind_of_a_camera_is_no_key_of_the_units_file() -> None:
    table = UNIT_FILE.table_at(("camera", 0, "rtsp"))
    assert table is not None
    assert "url" in table.model_fields
    assert UNIT_FILE.key_path(("camera", 0, "rtsp", "url")) == "camera[0].url"
    assert STORE_FILE.key_path(("camera", 0, "rtsp", "url")) == "camera[0].rtsp.url"
    assert STORE_FILE.table_at(("camera", 0, "rtsp")) is None
