"""One TOML file, one frozen schema. An unknown key is an error with a suggestion, and every fault is listed at once.

What the department sets of the unit from afar lies over the file (:mod:`~alpr_edge.settings.layers`). Paths in the file
are relative to the file. ``config/alpr-edge.toml`` holds every key with its default and what
it means; a test holds the two equal. A package of its own, since the schema, the words for faults and the look at the
files it names change for different reasons.
"""

from alpr_edge.settings.cameras import (
    CameraSettings,
    FolderCamera,
    Picamera2Camera,
    RtspCamera,
    SimulatedCamera,
    V4l2Camera,
    VideoCamera,
)
from alpr_edge.settings.evidence import EvidenceSettings
from alpr_edge.settings.files import file_faults, time_stamp_faults
from alpr_edge.settings.layers.department_layer import load
from alpr_edge.settings.lists import ListSource
from alpr_edge.settings.loader import parse
from alpr_edge.settings.policy import PolicySettings
from alpr_edge.settings.power import PowerSettings
from alpr_edge.settings.retention import RetentionSettings
from alpr_edge.settings.schema import (
    AlertSettings,
    ConsoleSettings,
    DecisionSettings,
    HotlistSettings,
    PositionSettings,
    Settings,
    StoreSettings,
    UnitSettings,
    UplinkSettings,
    VisionSettings,
    keys,
)

__all__ = [
    "AlertSettings",
    "CameraSettings",
    "ConsoleSettings",
    "DecisionSettings",
    "EvidenceSettings",
    "FolderCamera",
    "HotlistSettings",
    "ListSource",
    "Picamera2Camera",
    "PolicySettings",
    "PositionSettings",
    "PowerSettings",
    "RetentionSettings",
    "RtspCamera",
    "Settings",
    "SimulatedCamera",
    "StoreSettings",
    "UnitSettings",
    "UplinkSettings",
    "V4l2Camera",
    "VideoCamera",
    "VisionSettings",
    "file_faults",
    "keys",
    "load",
    "parse",
    "time_stamp_faults",
]
