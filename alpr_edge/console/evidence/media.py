"""The media that are plugged in: folders below one folder of the settings that lie on another disk than the data."""

import os
from dataclasses import dataclass
from pathlib import Path

MEDIA_MAX = 20


@dataclass(frozen=True, slots=True)
class PluggedMedium:
    """A medium that a package may be written to."""

    name: str
    """Name of its folder."""
    path: Path
    free_bytes: int


def plugged_media(directory: Path, data_directory: Path) -> list[PluggedMedium]:
    """The media at present, by name; a folder in which nothing is mounted is none.

    Args:
        data_directory: the unit's data folder, whose own disk is never one.
    """
    try:
        own_device = data_directory.stat().st_dev
        entries = sorted(entry.name for entry in os.scandir(directory) if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []
    found: list[PluggedMedium] = []
    for name in entries[:MEDIA_MAX]:
        path = directory / name
        try:
            room, device = os.statvfs(path), path.stat().st_dev
        except OSError:
            continue
        if device != own_device and os.access(path, os.W_OK | os.X_OK):
            found.append(PluggedMedium(name, path, room.f_bavail * room.f_frsize))
    return found
