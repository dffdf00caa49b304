"""Builds the connection to the department, and what fetches documents over it, from the settings."""

from collections.abc import Callable
from pathlib import Path

from alpr_edge.app.clock import open_clock
from alpr_edge.runtime.network.bounded_transport import no_beat
from alpr_edge.settings import Settings
from alpr_edge.store.retention.ballast import Ballast
from alpr_edge.store.unit_store import QueueStore, UnitStore
from alpr_edge.uplink.delivery_client import HttpsDepartment
from alpr_edge.uplink.documents.hold_downloader import HoldDownloader
from alpr_edge.uplink.documents.settings_downloader import SettingsDownloader
from alpr_edge.uplink.hotlist_downloader import HotlistDownloader
from alpr_edge.uplink.roster_downloader import RosterDownloader


def open_department(settings: Settings, beat: Callable[[], None] = no_beat) -> HttpsDepartment:
    """Open the connection to the department that the settings name.

    Args:
        beat: a function that is called every second or more often while a delivery goes on; may raise to end it.
    """
    return HttpsDepartment(settings.uplink, settings.unit.id, beat)


def open_hotlist_downloader(settings: Settings, store: UnitStore | QueueStore) -> HotlistDownloader:
    """Open the downloader of the lists that come over HTTPS by the settings."""
    return HotlistDownloader(
        sources=settings.hotlist.source,
        uplink=settings.uplink,
        unit_id=settings.unit.id,
        incoming=store.incoming,
        database=store.database,
        clock=open_clock(settings),
        require_room=Ballast(settings.unit.data_directory, settings.retention.ballast_bytes).require,
    )


def open_roster_downloader(settings: Settings, store: QueueStore) -> RosterDownloader:
    """Open what fetches the department's roster."""
    return RosterDownloader(
        uplink=settings.uplink,
        unit_id=settings.unit.id,
        incoming=store.incoming,
        database=store.database,
        clock=open_clock(settings),
    )


def open_hold_downloader(settings: Settings, store: QueueStore, lists: HotlistDownloader) -> HoldDownloader:
    """Open what fetches the department's holds, and has the lists fetched that the department names as newer."""
    return HoldDownloader(settings.uplink, settings.unit.id, store.incoming, store.database, lists.want)


def open_settings_downloader(settings: Settings, settings_file: Path, store: QueueStore) -> SettingsDownloader:
    """Open what fetches the settings that the department gave this unit, over those of its file."""
    return SettingsDownloader(settings, settings_file, store.database)
