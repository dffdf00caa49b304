"""Puts the watches of a unit together, by its settings."""

from functools import partial

from alpr_edge.app.factories import vision_files
from alpr_edge.app.watches.department_link import CertificateEndWatch, LinkWatch
from alpr_edge.app.watches.disk_state import DiskStateWatch
from alpr_edge.app.watches.memory_use import OTHERS, DaemonMemoryWatch, MemoryWatch, machine_bytes, needed_bytes
from alpr_edge.app.watches.model_files import ModelFileWatch
from alpr_edge.app.watches.page import PageWatch
from alpr_edge.app.watches.sound_mixer import MixerWatch
from alpr_edge.app.watches.training_end import TrainingWatch
from alpr_edge.app.watches.watch_stage import Watch, WatchStage
from alpr_edge.domain.ports import Clock
from alpr_edge.settings import Settings
from alpr_edge.store.unit_store import UnitStore


def unit_watches(settings: Settings, store: UnitStore, clock: Clock) -> WatchStage:
    """The watches that this unit needs: without a department there is no link, without ALSA no mixer."""
    unit, uplink, alerts = settings.unit, settings.uplink, settings.alerts
    watches: list[Watch] = [
        DiskStateWatch(unit.data_directory, store.database.commits),
        PageWatch(unit.runtime_directory, settings.console.certificate_file),
        TrainingWatch(settings, clock),
        MemoryWatch(needed_bytes, machine_bytes()),
        *(DaemonMemoryWatch(unit.runtime_directory, name, machine_bytes()) for name in OTHERS),
        model_file_watch(settings),
    ]
    if uplink.url:
        watches.append(CertificateEndWatch(unit.runtime_directory))
        watches.append(LinkWatch(store.database, clock, unit.runtime_directory, uplink.link_down_h_max))
    if alerts.player == "alsa":
        watches.append(MixerWatch(alerts.device))
    return WatchStage(watches)


def model_file_watch(settings: Settings) -> ModelFileWatch:
    """The watch of every model file that the unit loads at its start."""
    return ModelFileWatch(partial(vision_files, settings.vision, settings.unit.data_directory))
