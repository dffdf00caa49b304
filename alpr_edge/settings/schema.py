"""The schema of the settings file: what each table holds, its defaults and its bounds.

Strict, since TOML has types of its own: ``fps = "30"`` and ``workers = true`` are faults, not 30 and 1. A field's
``description`` is what a fault says was expected, where type and bounds do not say it.
"""

from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, Strict, model_validator

from alpr_edge.domain.dispositions.terminal_text import CONFIRMATION, INQUIRY, template_fault
from alpr_edge.domain.hits import OWN_SOURCE
from alpr_edge.domain.people.person import SourcePermission
from alpr_edge.settings.base import FilePath, FileSchema, Fraction, Name, Section, require_order
from alpr_edge.settings.cameras import CameraSettings, V4l2Camera, camera_kinds, check_ceilings, check_ids
from alpr_edge.settings.canvass import CanvassSettings
from alpr_edge.settings.capture import CaptureSettings
from alpr_edge.settings.evidence import EvidenceSettings
from alpr_edge.settings.list_rules import ListRules
from alpr_edge.settings.lists import SOURCES_MAX, ListSource
from alpr_edge.settings.load import LoadSettings
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.power import PowerSettings
from alpr_edge.settings.renames import current_name
from alpr_edge.settings.retention import RetentionSettings


class UnitSettings(Section):
    """[unit]: which car this is and where it keeps what it must not lose."""

    id: Name = "unit-1"
    data_directory: FilePath = Path("/var/lib/alpr-edge")
    runtime_directory: FilePath = Path("/run/alpr-edge")


class VisionSettings(Section):
    """[vision]: the models and how many frames are read at once."""

    models_directory: FilePath | None = None
    """None (the key left out): the models that came with the software."""
    detector: Name = "default"
    reader: Name = "default"
    detection_confidence_min: Fraction = 0.3
    detection_accept_min: Fraction = 0.7
    text_confidence_min: Fraction = 0.02
    plate_probability_min: Fraction = 0.4
    workers: Annotated[int, Field(ge=0, le=64)] = 0
    skip_unneeded: bool = True
    second_reader: bool = False
    second_reader_timeout_ms: Annotated[float, Field(gt=0, le=1000)] = 300.0


class DecisionSettings(Section):
    """[decision]: when a pass becomes a read, and when it is over."""

    readings_max: Annotated[int, Field(ge=1, le=1000)] = 8
    timeout_ms: Annotated[float, Field(gt=0, le=60_000)] = 700.0
    pass_gap_ms: Annotated[float, Field(gt=0, le=60_000)] = 1500.0
    confidence_min: Fraction = 0.2
    characters_min: Annotated[int, Field(ge=1, le=9)] = 3
    detection_best_min: Fraction = 0.55


class PositionSettings(Section):
    """[position]: the GNSS receiver. An empty device means that there is none."""

    device: str = ""
    baud: Annotated[int, Field(ge=1200, le=3_000_000)] = 9600
    fix_age_ms_max: Annotated[float, Field(gt=0, le=600_000)] = 5000.0
    chrony_socket: Annotated[
        str,
        Field(pattern=r"^(/[^\x00]{1,106})?$", description="a path from the root, at most 107 bytes, or nothing"),
    ] = ""
    """At most what a socket's address holds."""
    chrony_port: Annotated[int, Field(ge=0, le=65_535)] = 323
    """Where chronyd answers questions on this machine (its ``cmdport``); 0: it is not asked."""


def _own_names(sources: tuple[ListSource, ...]) -> tuple[ListSource, ...]:
    """The sources, if they are not too many and each has a name of its own."""
    if len(sources) > SOURCES_MAX:
        raise ValueError(f"expected at most {SOURCES_MAX} [[hotlist.source]] tables, not {len(sources)}")
    names = [source.name for source in sources]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"name {twice[0]!r} is given to more than one source; each is a list of its own")
    return sources


class HotlistSettings(Section):
    """[hotlist]: when a list is old, and where the lists come from."""

    amber_after_h: Annotated[float, Field(gt=0, le=8760)] = 13.0
    red_after_h: Annotated[float, Field(gt=0, le=8760)] = 24.0
    large_entries: Annotated[int, Field(ge=0, le=1_000_000_000)] = 10_000
    source: Annotated[tuple[ListSource, ...], Strict(strict=False), AfterValidator(_own_names)] = ()

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        return require_order(self, "amber_after_h", "red_after_h")

    @property
    def covert_sources(self) -> frozenset[str]:
        """The sources all of whose entries are covert."""
        return frozenset(source.name for source in self.source if source.covert)

    def source_of(self, name: str) -> ListSource | None:
        """The settings of a source; None for a list imported by hand without any."""
        return next((source for source in self.source if source.name == name), None)

    def permission_of(self, name: str) -> SourcePermission:
        """Whose data a list is; one that the settings do not name counts as the most restricted."""
        if name == OWN_SOURCE:
            return SourcePermission.DEPARTMENT
        source = self.source_of(name)
        return SourcePermission.FEDERAL if source is None else source.source_permission

    def ages_of(self, name: str) -> tuple[timedelta, timedelta]:
        """From when on a source's list is amber, and red."""
        return (self.source_of(name) or ListRules()).ages(self.amber_after_h, self.red_after_h)


class AlertSettings(Section):
    """[alerts]: sound in the car."""

    player: Literal["alsa", "wav", "none"] = "alsa"
    device: str = "default"
    wav_path: FilePath = Path("alerts.wav")
    volume: Fraction = 0.8
    cooldown_s: Annotated[float, Field(ge=0, le=86_400)] = 120.0
    when_signed_out: Literal["tone", "silent"] = "tone"
    """Whether hits sound while nobody is signed in; faults sound always."""
    speech: bool = True
    """Whether a sentence follows the tone of a hit, where its phrases were rendered."""
    speech_volume: Fraction = 1.0
    """Of the tones' volume."""


def _check_terminal_text(template: str) -> str:
    if fault := template_fault(template):
        raise ValueError(fault)
    return template


TerminalText = Annotated[str, AfterValidator(_check_terminal_text)]


class ConsoleSettings(Section):
    """[console]: the page for officers. Its certificate is for the car's name as the browser has it."""

    address: Annotated[str, Field(min_length=1, max_length=64)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8447
    certificate_file: FilePath = Path("/etc/alpr-edge/tls/console.pem")
    """The key, the certificate of the page and that of its authority, in one file, which is replaced as one."""
    terminal_text: TerminalText = INQUIRY
    """What a touch copies for an inquiry at the terminal (policy 462.4(f)); likewise the next for the confirmation."""
    confirmation_text: TerminalText = CONFIRMATION
    at_speed: Literal["receiver", "never"] = "receiver"
    """What says whether the car moves; without a receiver it counts as moving. ``never`` is for a unit on a desk."""
    theme: Literal["sun", "day", "night", "browser"] = "sun"
    """What the page goes by until somebody presses its button."""
    streets_file: FilePath | None = None
    """A PMTiles file with vector tiles of streets; None (the key left out): a place is typed."""
    streets_credit: Annotated[str, Field(max_length=200)] = "© OpenStreetMap"
    """Owner of the street data, shown below the map."""


class StoreSettings(Section):
    """[store]: keys and images. Keys are systemd credentials of these names, or files with mode 0600."""

    keys_directory: FilePath = Path("/etc/alpr-edge/keys")
    scene_px_max: Annotated[int, Field(ge=160, le=4096)] = 640
    scene_jpeg_quality: Annotated[int, Field(ge=30, le=100)] = 70
    jpeg_quality: Annotated[int, Field(ge=40, le=100)] = 85


class UplinkSettings(Section):
    """[uplink]: the department's storage. An empty url means that nothing is sent."""

    url: Annotated[
        str, Field(pattern=r"^(https://.+)?$", description="an address that begins with https://, or nothing")
    ] = ""
    ca_file: FilePath = Path("/etc/alpr-edge/tls/department-ca.pem")
    certificate_file: FilePath = Path("/etc/alpr-edge/tls/unit.pem")
    key_file: FilePath = Path("/etc/alpr-edge/tls/unit.key")
    media_key_file: FilePath = Path("/etc/alpr-edge/tls/department-media.pem")
    batch_items: Annotated[int, Field(ge=1, le=500)] = 50
    batch_bytes: Annotated[int, Field(ge=65_536, le=67_108_864)] = 4_194_304
    connect_timeout_s: Annotated[float, Field(gt=0, le=120)] = 10.0
    answer_timeout_s: Annotated[float, Field(gt=0, le=600)] = 60.0
    delivery_timeout_s: Annotated[float, Field(gt=0, le=170)] = 150.0
    """Below the watchdog of systemd/alpr-edge-uplink.service."""
    idle_s: Annotated[float, Field(gt=0, le=3600)] = 2.0
    retry_first_s: Annotated[float, Field(gt=0, le=600)] = 2.0
    retry_max_s: Annotated[float, Field(ge=1, le=86_400)] = 300.0
    digest_attempts_max: Annotated[int, Field(ge=1, le=100)] = 5
    item_attempts_max: Annotated[int, Field(ge=1, le=100)] = 8
    renew_before_days: Annotated[float, Field(ge=1, le=300)] = 45.0
    roster_check_s: Annotated[float, Field(ge=1, le=3600)] = 30.0
    """A suspended person is to be out within a minute."""
    link_down_h_max: Annotated[float, Field(gt=0, le=720)] = 12.0
    """A shift, and what comes before and after it."""
    heartbeat_s: Annotated[float, Field(ge=10, le=86_400)] = 300.0
    heartbeat_place: bool = True
    """Whether a heartbeat says where the car was last, to about a hundred metres."""

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        return require_order(self, "retry_first_s", "retry_max_s")


def _require_loopback(host: str) -> str:
    try:
        is_loopback = ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValueError("not a loopback address; write 127.0.0.1 or ::1, so that no other computer reaches it")
    return host


class MetricsSettings(Section):
    """[metrics]: the loopback address and port of ``alpr-edge unit metrics``."""

    host: Annotated[str, AfterValidator(_require_loopback)] = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65_535)] = 9464


class Settings(Section):
    """The whole file."""

    unit: UnitSettings = UnitSettings()
    camera: Annotated[
        tuple[CameraSettings, ...], Strict(strict=False), AfterValidator(check_ids), AfterValidator(check_ceilings)
    ] = (V4l2Camera(kind="v4l2"),)
    capture: CaptureSettings = CaptureSettings()
    vision: VisionSettings = VisionSettings()
    decision: DecisionSettings = DecisionSettings()
    position: PositionSettings = PositionSettings()
    hotlist: HotlistSettings = HotlistSettings()
    alerts: AlertSettings = AlertSettings()
    console: ConsoleSettings = ConsoleSettings()
    store: StoreSettings = StoreSettings()
    power: PowerSettings = PowerSettings()
    load: LoadSettings = LoadSettings()
    retention: RetentionSettings = RetentionSettings()
    canvass: CanvassSettings = CanvassSettings()
    policy: PolicySettings = PolicySettings()
    evidence: EvidenceSettings = EvidenceSettings()
    metrics: MetricsSettings = MetricsSettings()
    uplink: UplinkSettings = UplinkSettings()


UNIT_FILE = FileSchema(Settings, {"camera": camera_kinds()}, current_name)
"""How faults of a unit's file find their tables and keys."""


def keys() -> Iterator[str]:
    """Every dotted key of the schema, ``camera.<kind>.<key>`` for cameras."""
    for name in Settings.model_fields:
        if name != "camera":
            yield from _keys_below((name,))
    for kind, section in camera_kinds().items():
        yield from (f"camera.{kind}.{key}" for key in section.model_fields)


def _keys_below(location: tuple[str, ...]) -> Iterator[str]:
    section = UNIT_FILE.table_at(location)
    if section is None:
        yield ".".join(location)
        return
    for key in section.model_fields:
        yield from _keys_below((*location, key))
