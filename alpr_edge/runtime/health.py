"""Health files under the runtime directory, one for each daemon: what works, what does not, since when."""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from alpr_edge.runtime import no_follow


@dataclass(frozen=True, slots=True)
class Health:
    """The state that a daemon reports. Holds no plate text."""

    unit: str
    ready: bool
    troubles: tuple[str, ...]
    """Red: failures at present."""
    figures: dict[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    """Amber: the unit works, but somebody has to look before it does not."""


def read_health(directory: Path, unit: str) -> Health | None:
    """The health that a daemon reported last; None when there is none, or none that can be read."""
    try:
        told = json.loads((directory / f"{unit}.json").read_text(encoding="utf-8"))
        return Health(
            unit, bool(told["ready"]), tuple(told["troubles"]), dict(told["figures"]), tuple(told["warnings"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_health(directory: Path, health: Health) -> None:
    """Replace the daemon's health file at once: readers never see half of it.

    Raises:
        OSError: the runtime directory is not writable.
    """
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    content = json.dumps(asdict(health), sort_keys=True) + "\n"
    with no_follow.opened_folder(directory) as folder:
        no_follow.write_file(folder, f"{health.unit}.json", content.encode(), mode=0o644, durable=False)
