"""Rewrites a settings file of an older release in its place, and keeps the file as it was beside it."""

import os
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from alpr_edge.domain.errors import SettingsError
from alpr_edge.runtime import no_follow
from alpr_edge.settings.loader import BYTES_MAX, ENCODING
from alpr_edge.settings.migration import migrate_text
from alpr_edge.settings.renames import RENAMED_IN


@dataclass(frozen=True, slots=True)
class MigrationReport:
    """What was rewritten."""

    file: str
    renamed: dict[str, str] = field(default_factory=dict)
    """The new dotted key by the old one."""
    kept: str = ""
    """The file as it was; empty when nothing was rewritten."""


def migrate_settings(path: Path, release: str = "") -> MigrationReport:
    """Rename the old keys of a settings file; owner, group, mode, comments and layout stay.

    Args:
        release: the version that the file belongs to, which names the copy; empty: one before the renaming.

    Raises:
        SettingsError: it is no regular file, cannot be read or written, or cannot be rewritten; it is as it was.
    """
    copy_name = f"{path.name}.release-{release}" if release else f"{path.name}.before-release-{RENAMED_IN}"
    try:
        with no_follow.opened_folder(path.parent) as folder:
            before, status = _read(folder, path.name)
            text, names = migrate_text(before.decode(ENCODING))
            if not names:
                return MigrationReport(str(path))
            _require_free(folder, copy_name, before)
            no_follow.write_file(folder, copy_name, before, like=status)
            no_follow.write_file(folder, path.name, text.encode(), like=status)
    except SettingsError as error:
        raise SettingsError([f"{path}: {error.faults[0]}"]) from None
    except UnicodeDecodeError as error:
        raise SettingsError([f"{path}: not UTF-8 at byte {error.start}; save it as UTF-8"]) from None
    except OSError as error:
        raise SettingsError([f"{path}: cannot be rewritten: {error.strerror}; nothing was changed"]) from None
    return MigrationReport(str(path), names, str(path.with_name(copy_name)))


def _read(folder: int, name: str) -> tuple[bytes, os.stat_result]:
    """A file's bytes, and its owner and mode."""
    with os.fdopen(no_follow.open_file(folder, name), "rb") as file:
        data = file.read(BYTES_MAX + 1)
        if len(data) > BYTES_MAX:
            raise SettingsError([f"over {BYTES_MAX} bytes; this is no settings file"])
        return data, os.fstat(file.fileno())


def _require_free(folder: int, name: str, content: bytes) -> None:
    """Refuse to write over an earlier copy that holds something else."""
    with suppress(FileNotFoundError):
        if no_follow.read_file(folder, name, BYTES_MAX + 1) != content:
            raise SettingsError([f"{name} beside it holds earlier settings; move it away first"])
