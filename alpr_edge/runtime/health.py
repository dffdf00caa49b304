"""One small health file a unit under the runtime directory: what works, what does not, since when."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Health:
    """What a unit says of itself. Holds no plate text."""

    unit: str
    ready: bool
    troubles: tuple[str, ...]
    figures: dict[str, Any] = field(default_factory=dict)


def write_health(directory: Path, health: Health) -> None:
    """Replace the unit's health file at once: readers never see half of it.

    Raises:
        OSError: the runtime directory is not writable.
    """
    directory.mkdir(mode=0o755, parents=True, exist_ok=True)
    path = directory / f"{health.unit}.json"
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(asdict(health), sort_keys=True) + "\n", encoding="utf-8")
    os.replace(draft, path)  # noqa: PTH105 - atomic by contract
