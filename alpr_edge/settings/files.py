"""Checks that the files named in the settings exist, and that others cannot read the secret ones.

The vision package checks the models, and the store the content of the keys.
"""

import os
import stat
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from alpr_edge.settings.cameras import FolderCamera, VideoCamera
from alpr_edge.settings.evidence import EvidenceSettings
from alpr_edge.settings.schema import (
    UNIT_FILE,
    AlertSettings,
    HotlistSettings,
    Settings,
    StoreSettings,
    UnitSettings,
    UplinkSettings,
)

TIME_STAMP_PACKAGE, TIME_STAMP_EXTRA = "rfc3161_client", "alpr-edge[time-stamp]"
_OTHERS = 0o077
_ENROL = (
    "alpr-edge unit enroll --department URL --code CODE writes it (the department gives out address and code), "
    "or leave uplink.url empty"
)


def file_faults(settings: Settings) -> list[str]:
    """Every missing or unguarded file, a line each: key path, what is wrong, what to do."""
    return [
        *_fault_lines("unit", _data(settings.unit)),
        *_fault_lines("camera", _recordings(settings)),
        *_fault_lines("hotlist.source", _sources(settings.hotlist)),
        *_fault_lines("alerts", _sound(settings.alerts)),
        *_fault_lines("store", _keys(settings.store)),
        *_fault_lines("uplink", _certificates(settings.uplink)),
        *time_stamp_faults(settings.evidence),
    ]


def _fault_lines(key: str, faults: Iterator[str]) -> Iterator[str]:
    """The faults of a part; also that one of its files cannot be looked at, as in a folder closed to this user."""
    try:
        yield from faults
    except OSError as error:
        yield f"{key}: {error.filename}: cannot be looked at: {error.strerror}; check as the user of the service"


def time_stamp_faults(settings: EvidenceSettings) -> list[str]:
    """What is missing for the time stamps of evidence packages, a line each; nothing where they are not in use."""
    if not settings.time_stamp_url:
        return []
    faults, file = list[str](), settings.time_stamp_ca_file
    if find_spec(TIME_STAMP_PACKAGE) is None:
        faults.append(f'evidence.time_stamp_url: needs a package that is not here: pip install "{TIME_STAMP_EXTRA}"')
    if not file.is_file() or not os.access(file, os.R_OK):
        faults.append(f"evidence.time_stamp_ca_file: {file}: cannot be read; get it from the authority for time stamps")
    return faults


def _data(settings: UnitSettings) -> Iterator[str]:
    folder = settings.data_directory
    if folder.exists() and not folder.is_dir():
        yield f"unit.data_directory: {folder}: not a folder; name one"
    elif folder.is_dir() and _open_to_others(folder):
        yield f"unit.data_directory: others may enter {folder}; run: chmod 700 {folder}"


def _recordings(settings: Settings) -> Iterator[str]:
    for index, camera in enumerate(settings.camera):
        key = UNIT_FILE.key_path(("camera", index, camera.kind, "path"))
        if isinstance(camera, VideoCamera) and not camera.path.is_file():
            yield f"{key}: {camera.path}: no such file; name a recording"
        if isinstance(camera, FolderCamera) and not camera.path.is_dir():
            yield f"{key}: {camera.path}: no such folder; name a folder of pictures"


def _sources(settings: HotlistSettings) -> Iterator[str]:
    for index, source in enumerate(settings.source):
        key = UNIT_FILE.key_path(("hotlist", "source", index))
        if source.folder is not None and not source.folder.is_dir():
            yield f"{key}.folder: {source.folder}: no such folder; make it or name another"
        for name in ("ca_file", "certificate_file", "key_file", "signing_key_file", "password_file"):
            path: Path | None = getattr(source, name)
            if path is not None and not path.is_file():
                yield f"{key}.{name}: {path}: no such file; name one, or leave it out"


def _sound(settings: AlertSettings) -> Iterator[str]:
    folder = settings.wav_path.parent
    if settings.player == "wav" and not folder.is_dir():
        yield f"alerts.wav_path: {folder}: no such folder; make it or name another file"


def _keys(settings: StoreSettings) -> Iterator[str]:
    folder = settings.keys_directory
    if folder.is_dir():
        if _open_to_others(folder):
            yield f"store.keys_directory: others may enter {folder}; run: chmod 700 {folder}"
    elif "CREDENTIALS_DIRECTORY" not in os.environ:
        # systemd hands a unit its keys there; by hand, only the folder can hold them.
        hint = 'make them with "alpr-edge keys create", or pass them as systemd credentials'
        yield f"store.keys_directory: {folder}: no such folder; {hint}"


def _certificates(settings: UplinkSettings) -> Iterator[str]:
    if not settings.url:
        return
    for name in ("ca_file", "certificate_file", "key_file"):
        path: Path = getattr(settings, name)
        if not path.is_file():
            yield f"uplink.{name}: {path}: no such file; {_ENROL}"
    if settings.key_file.is_file() and _open_to_others(settings.key_file):
        yield f"uplink.key_file: others may read {settings.key_file}; run: chmod 600 {settings.key_file}"


def _open_to_others(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & _OTHERS)
