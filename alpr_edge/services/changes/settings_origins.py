"""Says of each setting what counts, and who set it."""

from dataclasses import dataclass

from alpr_edge.services.changes.settings_values import key_of_setting, settings_values, stated_keys
from alpr_edge.settings.layers.department_layer import LayeredSettings

SECRET = "a secret"  # noqa: S105 - what stands in its place
DEFAULT, FILE = "default", "file"


@dataclass(frozen=True, slots=True)
class SettingLine:
    """A key, and where its value is from."""

    key: str
    value: str
    """As JSON; a secret or a login in an address is none."""
    origin: str
    """``department 4`` with the serial of its document, ``file`` or ``default``."""


def setting_lines(layers: LayeredSettings) -> list[SettingLine]:
    """Every key of a unit's settings, in their order."""
    values = settings_values(layers.settings, lambda _: SECRET)
    stated = stated_keys(layers.settings, layers.own)
    remote = set[str]()
    if layers.document is not None:
        remote = {f"{section}.{key}" for section, table in layers.document.values.items() for key in table}
    lines = []
    for name, value in values.items():
        key = key_of_setting(name)
        origin = f"department {layers.in_force}" if key in remote else FILE if name in stated else DEFAULT
        lines.append(SettingLine(key, value, origin))
    return lines
