"""What is wrong with a settings file is said in plain words, whatever the key and the value."""

from pathlib import Path
from typing import Any

import pytest

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings import file_faults, keys, parse

VALUES: list[Any] = [[], {}, "x", "", -1e9, 10**20, True, float("nan"), [1], ["a"], [[1]]]
NEEDED = {"rtsp": {"url": "rtsp://192.0.2.1/"}, "video": {"path": "p"}, "folder": {"path": "p"}}
FOREIGN_WORDS = ("Input should", "Value error", "value_error", "valid", "something else", "tuple", "dict", "None", "()")
"""Words of the library that checks, which mean nothing to whoever edits the file."""


def faults_of(raw: dict[str, Any]) -> list[str]:
    try:
        parse(raw, Path("/base"))
    except SettingsError as error:
        return error.faults
    return []


def file_with(key: str, value: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever TOML holds
    """The least file that has the key with the value."""
    table, *inner = key.split(".")
    if table == "camera":
        return {"camera": [{"kind": inner[0], **NEEDED.get(inner[0], {}), inner[1]: value}]}
    if key.startswith("hotlist.source."):
        return {"hotlist": {"source": [{"name": "a", "format": "generic-csv", inner[1]: value}]}}
    return {table: {inner[0]: value}}


@pytest.mark.parametrize("key", sorted(keys()))
def test_no_fault_speaks_the_words_of_a_library(key: str) -> None:
    for value in VALUES:
        for fault in faults_of(file_with(key, value)):
            assert not [word for word in FOREIGN_WORDS if word in fault.replace(repr(value), "")], fault
            assert len(fault.splitlines()) == 1


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("vision.second_reader", "yes", "expected true or false, not 'yes'; the default is false"),
        ("retention.disk_share_max", 1.0, "expected a number above 0 and below 1, not 1.0; the default is 0.85"),
        ("hotlist.source.skip_plates", [1], "expected text in quotes, not 1"),
        ("hotlist.source.columns", "x", "expected a table of keys, not 'x'"),
        ("hotlist.source.skip_plates", "x", "expected a list in brackets, not 'x'; the default is []"),
    ],
)
def test_a_fault_says_what_is_expected(key: str, value: Any, words: str) -> None:  # noqa: ANN401 - as above
    (fault,) = faults_of(file_with(key, value))
    assert words in fault


def test_a_second_camera_of_the_same_id_is_found_beside_other_faults() -> None:
    cameras = [{"kind": "v4l2"}, {"kind": "v4l2", "fps": 500}, {"kind": "v4l2", "id": "rear"}]
    raw = {"camera": cameras, "vision": {"workers": 99}}
    faults = faults_of(raw)
    assert [fault.split(":")[0] for fault in faults] == ["camera[1].fps", "vision.workers", "camera"]
    assert faults[-1].startswith("camera: id 'front' is given to more than one camera (a table without an id")
    assert len(faults_of({"camera": [{"kind": "v4l2"}, {"kind": "v4l2"}]})) == 1


def test_missing_certificates_lead_to_enrolment(tmp_path: Path) -> None:
    raw = {"uplink": {"url": "https://192.0.2.1", "ca_file": "ca", "certificate_file": "c", "key_file": "k"}}
    faults = [fault for fault in file_faults(parse(raw, tmp_path)) if fault.startswith("uplink.")]
    assert [fault.split(":")[0] for fault in faults] == ["uplink.ca_file", "uplink.certificate_file", "uplink.key_file"]
    assert all("alpr-edge unit enroll --department URL --code CODE" in fault for fault in faults)


def test_a_data_folder_that_others_may_enter_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    settings = parse({"unit": {"data_directory": "data"}}, tmp_path)
    assert [fault for fault in file_faults(settings) if fault.startswith("unit.")] == [
        f"unit.data_directory: others may enter {folder}; run: chmod 700 {folder}"
    ]
    folder.chmod(0o700)
    assert not [fault for fault in file_faults(settings) if fault.startswith("unit.")]


def test_a_file_that_cannot_be_looked_at_is_a_fault_beside_the_others(tmp_path: Path) -> None:
    long_name = "x" * 300  # no file system has such a name, and says so by an error of its own
    cameras = [{"id": "a", "kind": "video", "path": long_name}]
    settings = parse({"camera": cameras, "alerts": {"player": "wav", "wav_path": "nowhere/a.wav"}}, tmp_path)
    faults = [fault for fault in file_faults(settings) if fault.startswith(("camera", "alerts"))]
    assert [fault.split(":")[0] for fault in faults] == ["camera", "alerts.wav_path"]
    assert "cannot be looked at: File name too long" in faults[0]
