"""Sets up a unit in a folder of its own, for the user who runs it; ``scripts/provision`` sets up a car.

Each step leaves alone the files that an earlier, interrupted run made.
"""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import tomlkit
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from alpr_edge.capture.recordings import FolderSource, VideoSource
from alpr_edge.domain.errors import CaptureError, SettingsError
from alpr_edge.domain.feed_formats import FormatName
from alpr_edge.domain.instants import Instant
from alpr_edge.runtime.durable_files import create_file, private_directory
from alpr_edge.services.settings_template import NAME
from alpr_edge.settings import Settings, load
from alpr_edge.settings.loader import parse
from alpr_edge.store.keys import create_keys

VALID_FOR = timedelta(days=825)
"""As long as the certificates of ``scripts/provision``; some browsers accept no longer one."""
_SIGNS_ALONE = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
"""Whoever gets the key can sign no other certificate that a browser trusts."""


def make_page_certificate(unit_id: str, address: str) -> bytes:
    """Make a key and the certificate of its page, as one PEM text."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, unit_id)])
    names = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ip_address(address))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_SIGNS_ALONE, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(names, critical=False)
        .sign(key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


DATA, SIMULATED = "data", "simulated"
_HEADER = """\
# A unit in a folder. Keys that are left out have their defaults; to read about all of them:
#     alpr-edge settings init EXAMPLE.toml

"""


def camera_table(source: str) -> dict[str, Any]:
    """Return the [[camera]] table of a source, once a recording has proved to be one.

    Args:
        source: a video file, a folder of pictures, a device such as /dev/video0, an RTSP address, or ``simulated``.

    Raises:
        CaptureError: there is no such source, or it is no recording.
    """
    if source.startswith(("rtsp://", "rtsps://")):
        return {"kind": "rtsp", "id": "front", "url": source}
    if source == SIMULATED:
        return {"kind": SIMULATED, "id": "front"}
    path = Path(source).expanduser().absolute()
    if path.is_char_device():
        return {"kind": "v4l2", "id": "front", "device": str(path)}
    if path.is_dir():
        FolderSource(path, "front", 1.0, Instant("check", 0)).length()
        return {"kind": "folder", "id": "front", "path": str(path)}
    if not path.is_file():
        raise CaptureError(
            f"{source}: no such file, folder or device; expected a video, a folder of pictures, a device such as "
            f"/dev/video0, an address that begins with rtsp://, or {SIMULATED!r}"
        )
    VideoSource(path, "front", Instant("check", 0)).length()
    return {"kind": "video", "id": "front", "path": str(path)}


def write_settings(
    folder: Path, unit_id: str, camera: dict[str, Any], list_name: str, layout: FormatName, port: int
) -> Settings:
    """Write the settings of a new unit.

    Raises:
        SettingsError: a value is not allowed, or the folder holds settings; nothing was written.
        StoreError: the folder cannot be used.
    """
    has_sound = any(Path("/dev/snd").glob("pcmC*p"))
    tables = {
        "unit": {"id": unit_id, "data_directory": DATA, "runtime_directory": "run"},
        "camera": [camera],
        "hotlist": {"source": [{"name": list_name, "format": str(layout)}]},
        "alerts": {"player": "alsa" if has_sound else "none"},
        "console": {"port": port, "certificate_file": "console.pem", "at_speed": "never"},
        "store": {"keys_directory": "keys"},
    }
    parse(tables, folder)
    private_directory(folder)
    try:
        create_file(folder / NAME, (_HEADER + tomlkit.dumps(tables)).encode())
    except OSError as error:
        raise SettingsError([f"{folder / NAME}: cannot be written: {error.strerror}"]) from None
    return load(folder / NAME)


def begun_settings(folder: Path) -> Settings | None:
    """Return the settings that an earlier run wrote into a folder; None if the folder is new or empty.

    Raises:
        SettingsError: the folder holds something else.
    """
    if (folder / NAME).exists():
        settings = load(folder / NAME)
        if settings.unit.data_directory == folder / DATA:
            return settings
        raise SettingsError([f"{folder / NAME}: belongs to a unit that was set up otherwise; name a new folder"])
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SettingsError([f"{folder}: exists and is not an empty folder; name a new folder"])
    return None


def write_keys_and_certificate(settings: Settings) -> None:
    """Make the folders, the keys and the certificate of the page that are missing.

    Raises:
        StoreError: they cannot be written, or a missing key is needed by existing data.
    """
    private_directory(settings.unit.data_directory)
    private_directory(settings.unit.runtime_directory)
    create_keys(settings.store.keys_directory, settings.unit.data_directory)
    if not (file := settings.console.certificate_file).exists():
        create_file(file, make_page_certificate(settings.unit.id, settings.console.address))
