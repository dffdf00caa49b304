"""What the units of all tests have in common: keys, data and certificates in one folder, and settings that say so."""

from pathlib import Path

from alpr_edge.store.keys import create_keys


def write_bare_unit(folder: Path) -> Path:
    """Keys and settings of a unit without a department; returns its settings file."""
    create_keys(folder / "keys")
    path = folder / "alpr-edge.toml"
    path.write_text(
        '[unit]\ndata_directory = "data"\nruntime_directory = "runtime"\n[store]\nkeys_directory = "keys"\n'
        '[uplink]\ncertificate_file = "tls/unit.pem"\nkey_file = "tls/unit.key"\n',
        encoding="utf-8",
    )
    return path


def write_unit(folder: Path, unit_id: str, url: str, *, uplink: str = "", more: str = "") -> Path:
    """Keys and settings of a unit; returns its settings file.

    Args:
        folder: where all of it lies.
        unit_id: its name at the department.
        url: of the department; empty: none.
        uplink: more settings of [uplink].
        more: other tables.
    """
    create_keys(folder / "keys")
    path = folder / "alpr-edge.toml"
    path.write_text(
        f"""
[unit]
id = "{unit_id}"
data_directory = "data"
runtime_directory = "runtime"
[store]
keys_directory = "keys"
{more}
[console]
certificate_file = "tls/console.pem"
[uplink]
url = "{url}"
ca_file = "tls/department-ca.pem"
certificate_file = "tls/unit.pem"
key_file = "tls/unit.key"
media_key_file = "tls/department-media.pem"
{uplink}
""",
        encoding="utf-8",
    )
    return path
