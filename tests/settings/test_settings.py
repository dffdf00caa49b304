import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from alpr_edge.domain.errors import SettingsError
from alpr_edge.settings import (
    FolderCamera,
    RtspCamera,
    Settings,
    V4l2Camera,
    VideoCamera,
    file_faults,
    keys,
    load,
    parse,
)
from alpr_edge.settings.cameras import CAMERAS_MAX, camera_kinds
from alpr_edge.settings.loader import BYTES_MAX

CONFIG = Path(__file__).parents[2] / "config" / "alpr-edge.toml"
CAMERA = {"kind": "v4l2"}


def faults_of(raw: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as excinfo:
        parse(raw, Path("/base"))
    return excinfo.value.faults


def only_fault(raw: dict[str, Any]) -> str:
    (fault,) = faults_of(raw)
    return fault


def load_fault(path: Path) -> str:
    with pytest.raises(SettingsError) as excinfo:
        load(path)
    (fault,) = excinfo.value.faults
    return fault


def shipped_file_with_examples() -> dict[str, Any]:
    """The shipped file with all its examples taken up."""
    return tomllib.loads(re.sub(r"(?m)^#(?=[\[a-z])", "", CONFIG.read_text(encoding="utf-8")))


def test_shipped_file_is_the_defaults() -> None:
    assert load(CONFIG) == parse({}, CONFIG.parent)


def test_shipped_file_has_every_key_and_no_other() -> None:
    raw = shipped_file_with_examples()
    cameras = raw.pop("camera")
    (source,) = raw["hotlist"].pop("source")
    areas = raw["capture"].pop("no_collection_areas")
    keys_in_file = {f"{table}.{key}" for table, values in raw.items() for key in values}
    keys_in_file |= {f"camera.{camera['kind']}.{key}" for camera in cameras for key in camera}
    keys_in_file |= {f"hotlist.source.{key}" for key in source}
    keys_in_file |= {f"capture.no_collection_areas.{key}" for area in areas for key in area}
    assert keys_in_file == set(keys())


def test_the_ten_lines_that_the_readme_begins_with_are_settings_of_a_car() -> None:
    text = (CONFIG.parent / "README.md").read_text(encoding="utf-8")
    (lines,) = re.findall(r"(?ms)\A# Configuration\n\n[^`]*```toml\n(.*?)^```", text)
    assert len(lines.splitlines()) == 10
    car = parse(tomllib.loads(lines), CONFIG.parent)
    (camera,) = car.camera
    assert isinstance(camera, V4l2Camera)
    assert car.position.device
    assert car.uplink.url


def test_commented_examples_show_the_defaults() -> None:
    example = parse(shipped_file_with_examples(), CONFIG.parent)
    assert [camera.kind for camera in example.camera] == list(camera_kinds())
    for camera in example.camera:
        fields = type(camera).model_fields
        optional = {name: field.default for name, field in fields.items() if not field.is_required() and name != "id"}
        assert {name: getattr(camera, name) for name in optional} == optional


def test_an_empty_file_is_a_unit_with_one_camera(tmp_path: Path) -> None:
    (tmp_path / "empty.toml").write_text("")
    assert load(tmp_path / "empty.toml").camera == (V4l2Camera(kind="v4l2"),)


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "unit.toml").write_text(
        '[[camera]]\nkind = "video"\npath = "drives/a.mp4"\n[vision]\nmodels_directory = "models"\n'
    )
    settings = load(tmp_path / "unit.toml")
    assert settings.vision.models_directory == tmp_path / "models"
    assert settings.camera[0] == VideoCamera(kind="video", path=tmp_path / "drives/a.mp4")
    assert settings.unit.data_directory == Path("/var/lib/alpr-edge")


def test_home_is_expanded() -> None:
    settings = parse({"store": {"keys_directory": "~/keys"}}, Path("/base"))
    assert settings.store.keys_directory == Path.home() / "keys"


def test_home_of_nobody_is_a_fault() -> None:
    fault = only_fault({"store": {"keys_directory": "~no-such-user/keys"}})
    assert fault.startswith("store.keys_directory: ~no-such-user has no home folder")


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        parse({}, Path("/base")).unit.id = "other"  # type: ignore[misc]


def test_every_fault_is_listed_at_once() -> None:
    faults = faults_of(
        {
            "unit": {"idd": "a"},
            "camera": [{"kind": "v4l2", "fps": 0}, {"kind": "rtsp"}],
            "vision": {"workers": 65},
            "nothing": {},
        }
    )
    assert [fault.split(":")[0] for fault in faults] == [
        "unit.idd",
        "camera[0].fps",
        "camera[1].url",
        "vision.workers",
        "nothing",
        "camera",
    ]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ({"visoin": {}}, "visoin: unknown key; did you mean 'vision'?"),
        ({"vision": {"wokers": 1}}, "vision.wokers: unknown key; did you mean 'workers'?"),
        (
            {"camera": [CAMERA | {"widht_px": 640}]},
            "camera[0].widht_px: unknown key; did you mean 'width_px'?",
        ),
        (
            {"position": {"colour": 1}},
            "position.colour: unknown key; known here: baud, chrony_port, chrony_socket, device, fix_age_ms_max",
        ),
    ],
)
def test_unknown_key_suggests_a_known_one(raw: dict[str, Any], fault: str) -> None:
    assert only_fault(raw) == fault


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (
            {"decision": {"readings_max": "8"}},
            "decision.readings_max: expected a whole number from 1 to 1000, not '8'; numbers stand without quotes",
        ),
        (
            {"decision": {"readings_max": 8.0}},
            "decision.readings_max: expected a whole number from 1 to 1000, not 8.0; without a decimal point",
        ),
        (
            {"vision": {"workers": True}},
            "vision.workers: expected a whole number from 0 to 64, not true; the default is 0",
        ),
        (
            {"alerts": {"volume": False}},
            "alerts.volume: expected a number from 0 to 1, not false; the default is 0.8",
        ),
        (
            {"decision": {"timeout_ms": float("nan")}},
            "decision.timeout_ms: expected a number above 0, at most 60000, not nan; the default is 700.0",
        ),
        (
            {"alerts": {"device": 1}},
            "alerts.device: expected text in quotes, not 1; the default is 'default'",
        ),
        (
            {"unit": {"data_directory": 1}},
            "unit.data_directory: expected a path in quotes, not 1; the default is '/var/lib/alpr-edge'",
        ),
        ({"vision": {"models_directory": 1}}, "vision.models_directory: expected a path in quotes, not 1"),
        ({"unit": 1}, "unit: expected a table of keys, not 1"),
        ({"camera": {"kind": "v4l2"}}, "camera: expected tables headed [[camera]], with double brackets"),
        ({"camera": [1]}, "camera[0]: expected a table of keys, not 1"),
    ],
)
def test_wrong_type_is_never_converted(raw: dict[str, Any], fault: str) -> None:
    assert only_fault(raw) == fault


def test_whole_numbers_serve_as_numbers() -> None:
    assert parse({"decision": {"timeout_ms": 6}}, Path("/base")).decision.timeout_ms == 6.0


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (
            {"vision": {"detection_confidence_min": 1.5}},
            "vision.detection_confidence_min: expected a number from 0 to 1, not 1.5; the default is 0.3",
        ),
        (
            {"unit": {"id": "no spaces"}},
            (
                "unit.id: expected a name of letters, digits, dots, dashes and underscores, at most 64, "
                "not 'no spaces'; the default is 'unit-1'"
            ),
        ),
        (
            {"uplink": {"url": "http://alpr.example.org"}},
            (
                "uplink.url: expected an address that begins with https://, or nothing, not 'http://alpr.example.org'; "
                "the default is ''"
            ),
        ),
        (
            {"alerts": {"player": "also"}},
            "alerts.player: expected one of 'alsa', 'wav', 'none', not 'also'; did you mean 'alsa'?",
        ),
    ],
)
def test_out_of_range_says_the_range(raw: dict[str, Any], fault: str) -> None:
    assert only_fault(raw) == fault


@pytest.mark.parametrize(
    ("camera", "fault"),
    [
        (
            {"kind": "v4l"},
            (
                "camera[0].kind: expected one of 'v4l2', 'picamera2', 'rtsp', 'video', 'folder', 'simulated', "
                "not 'v4l'; did you mean 'v4l2'?"
            ),
        ),
        (
            {"kind": 2},
            "camera[0].kind: expected one of 'v4l2', 'picamera2', 'rtsp', 'video', 'folder', 'simulated', not 2",
        ),
        (
            {"id": "left"},
            "camera[0].kind: missing; expected one of 'v4l2', 'picamera2', 'rtsp', 'video', 'folder', 'simulated'",
        ),
        (
            {"kind": "rtsp"},
            "camera[0].url: missing; expected an address that begins with rtsp:// or rtsps://",
        ),
        ({"kind": "video"}, "camera[0].path: missing; expected a path in quotes"),
    ],
)
def test_camera_kinds_are_named(camera: dict[str, Any], fault: str) -> None:
    assert only_fault({"camera": [camera]}) == fault


def test_a_password_in_an_address_is_not_repeated() -> None:
    fault = only_fault({"camera": [{"kind": "rtsp", "url": "http://me:secret@192.0.2.1/"}]})
    assert "secret" not in fault


def test_a_long_value_is_cut_short() -> None:
    assert len(only_fault({"unit": {"id": "x" * 5000}})) < 300


def test_camera_ids_differ() -> None:
    fault = only_fault({"camera": [CAMERA, CAMERA]})
    assert fault.startswith("camera: id 'front' is given to more than one camera")


@pytest.mark.parametrize("count", [0, CAMERAS_MAX + 1])
def test_number_of_cameras_is_bounded(count: int) -> None:
    fault = only_fault({"camera": [CAMERA | {"id": f"camera-{number}"} for number in range(count)]})
    assert fault == f"camera: expected 1 to {CAMERAS_MAX} [[camera]] tables, not {count}"


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        (
            {"hotlist": {"amber_after_h": 48}},
            "hotlist: red_after_h = 24.0 is below amber_after_h = 48.0; raise red_after_h or lower amber_after_h",
        ),
        (
            {"uplink": {"retry_first_s": 400}},
            ("uplink: retry_max_s = 300.0 is below retry_first_s = 400.0; raise retry_max_s or lower retry_first_s"),
        ),
        (
            {"camera": [CAMERA | {"reopen_first_s": 60}]},
            (
                "camera[0]: reopen_longest_s = 30.0 is below reopen_first_s = 60.0; "
                "raise reopen_longest_s or lower reopen_first_s"
            ),
        ),
    ],
)
def test_limits_that_belong_together_are_in_order(raw: dict[str, Any], fault: str) -> None:
    assert only_fault(raw) == fault


def test_missing_file(tmp_path: Path) -> None:
    missing = tmp_path / "none.toml"
    assert load_fault(missing).endswith(f"no such file; write one with: alpr-edge settings init {missing}")


def test_folder_in_place_of_the_file(tmp_path: Path) -> None:
    assert load_fault(tmp_path) == f"{tmp_path}: cannot be read: Is a directory"


def test_bad_toml_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text("[unit]\nid = unit-1\n")
    assert load_fault(path).startswith(f"{path}: not valid TOML: Invalid value (at line 2")


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "latin1.toml"
    path.write_bytes('# Größe\n[unit]\nid = "a"\n'.encode("latin-1"))
    assert load_fault(path) == f"{path}: not UTF-8 at byte 4; save it as UTF-8"


def test_a_file_too_large_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    path.write_bytes(b"#" * (BYTES_MAX + 1))
    assert load_fault(path) == f"{path}: over {BYTES_MAX} bytes; this is no settings file"


def private_folder(path: Path) -> Path:
    path.mkdir(mode=0o700)
    return path


def test_no_fault_where_all_files_are_there(tmp_path: Path) -> None:
    (tmp_path / "drive.mp4").touch()
    private_folder(tmp_path / "keys")
    raw = {
        "camera": [
            {"kind": "video", "path": "drive.mp4", "id": "a"},
            {"kind": "folder", "path": ".", "id": "b"},
            {"kind": "rtsp", "url": "rtsp://192.0.2.1/", "id": "c"},
        ],
        "store": {"keys_directory": "keys"},
        "alerts": {"player": "wav"},
    }
    assert file_faults(parse(raw, tmp_path)) == []


def test_missing_files_are_listed_at_once(tmp_path: Path) -> None:
    raw = {
        "camera": [{"kind": "video", "path": "none.mp4"}, {"kind": "folder", "path": "none", "id": "b"}],
        "store": {"keys_directory": "keys"},
        "alerts": {"player": "wav", "wav_path": "none/alerts.wav"},
        "uplink": {"url": "https://alpr.example.org", "ca_file": "ca", "certificate_file": "cert", "key_file": "key"},
    }
    assert [fault.split(": ")[:2] for fault in file_faults(parse(raw, tmp_path))] == [
        ["camera[0].path", str(tmp_path / "none.mp4")],
        ["camera[1].path", str(tmp_path / "none")],
        ["alerts.wav_path", str(tmp_path / "none")],
        ["store.keys_directory", str(tmp_path / "keys")],
        ["uplink.ca_file", str(tmp_path / "ca")],
        ["uplink.certificate_file", str(tmp_path / "cert")],
        ["uplink.key_file", str(tmp_path / "key")],
    ]


def test_keys_open_to_others_are_a_fault(tmp_path: Path) -> None:
    private_folder(tmp_path / "keys").chmod(0o755)
    for name in ("ca", "cert", "key"):
        (tmp_path / name).touch(mode=0o644)
    raw = {
        "store": {"keys_directory": "keys"},
        "uplink": {"url": "https://alpr.example.org", "ca_file": "ca", "certificate_file": "cert", "key_file": "key"},
    }
    assert file_faults(parse(raw, tmp_path)) == [
        f"store.keys_directory: others may enter {tmp_path}/keys; run: chmod 700 {tmp_path}/keys",
        f"uplink.key_file: others may read {tmp_path}/key; run: chmod 600 {tmp_path}/key",
    ]


def test_certificates_do_not_matter_without_an_uplink(tmp_path: Path) -> None:
    private_folder(tmp_path / "keys")
    assert file_faults(parse({"store": {"keys_directory": "keys"}}, tmp_path)) == []


def test_systemd_credentials_replace_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert file_faults(parse({"store": {"keys_directory": "none"}}, tmp_path)) == []


def test_settings_of_a_program_are_held_to_the_same_bounds() -> None:
    with pytest.raises(ValidationError):
        FolderCamera(kind="folder", path=Path("a"), fps=0)
    with pytest.raises(ValidationError):
        RtspCamera(kind="rtsp", url="file:///etc/passwd")
    assert Settings().unit.id == "unit-1"
