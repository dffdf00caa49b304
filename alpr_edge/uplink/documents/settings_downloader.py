"""Fetches the settings that the department gave this unit, and keeps them for the next start of its daemons.

They are checked as they will count: by the department's key that was pinned, by serial, which only rises, and laid over
the unit's own file. What does not hold is kept out and told, to the department with the next request and in health; the
document before stays. With each request the unit says which one it holds and which is in force.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from alpr_edge.domain.department_settings.document import UnitSettingsPayload, keep_with_key, open_settings
from alpr_edge.domain.department_settings.exchange import DOCUMENT_BYTES_MAX, SETTINGS_PATH, SettingsStatement
from alpr_edge.domain.errors import DepartmentSettingsError, SettingsError, UplinkError
from alpr_edge.domain.people.signed_roster import RosterKey
from alpr_edge.runtime.health import current_health
from alpr_edge.runtime.network.bounded_transport import no_beat
from alpr_edge.settings import Settings
from alpr_edge.settings.layers.department_layer import (
    IN_FORCE_FIGURE,
    LayeredSettings,
    kept_file,
    lay_values,
    load_layers,
)
from alpr_edge.store.db.database import Database
from alpr_edge.store.hotlists import sync_state
from alpr_edge.store.hotlists.sync_state import SyncState
from alpr_edge.uplink.department_keys import pin_missing_keys
from alpr_edge.uplink.documents.document_request import DocumentAnswer, DocumentRequest, fetch_document
from alpr_edge.uplink.documents.document_schedule import DocumentSchedule
from alpr_edge.uplink.key_pair import write_whole

_SYNC_NAME = "@settings"
"""What its names among what is fetched begin with; no list is called so, as a name begins with a letter or digit."""
FETCH_S_MAX = 120.0
_REFUSED = "the department's settings are refused: "

log = structlog.get_logger(__name__)


def sync_name(department_id: str, unit_id: str) -> str:
    """The name of a unit's settings among what is fetched: each department counts the serials of a unit for itself."""
    return f"{_SYNC_NAME} {department_id} {unit_id}"


class SettingsDownloader:
    """Fetches the department's settings; one thread steps it.

    Args:
        draw: gives random numbers in [0, 1), which spread a fleet.
    """

    def __init__(
        self, settings: Settings, settings_file: Path, database: Database, draw: Callable[[], float] = random.random
    ) -> None:
        self._settings = settings
        self._settings_file = settings_file
        self._database = database
        self._schedule = DocumentSchedule(settings.uplink, draw, "settings.not_fetched")
        self._refused_etag = ""
        self._refused = SettingsStatement(0)
        """Which document was refused since the start, and why."""
        self._refused_over: tuple[str, dict[str, Any]] = ("", {})
        """The department's key and the values of the unit's file that it was refused by; by others it is tried anew."""
        self.trouble = ""
        """Why the department's settings are not those that count; empty: they are, or there are none."""

    def wait(self, seconds: float) -> None:
        """Sleep."""
        self._schedule.wait(seconds)

    def step(self, beat: Callable[[], None] = no_beat) -> float:
        """Ask the department if it is time; returns the seconds until it is.

        Raises:
            StoreError: the database does not answer, or the document cannot be kept.
        """
        return self._schedule.step(lambda: False, partial(self._fetch, beat))

    def _fetch(self, beat: Callable[[], None]) -> None:
        """Ask once, say what the unit has, and keep what comes and holds."""
        uplink, unit_id = self._settings.uplink, self._settings.unit.id
        key = pin_missing_keys(uplink, unit_id).roster_key
        if key is None:
            return  # a department of an earlier release, which signs nothing
        layers = self._layers_of(key.department_id)
        if (str(key), layers.own) != self._refused_over:
            self._refused_etag, self._refused = "", SettingsStatement(0)
        state = sync_state.state_of(self._database, sync_name(key.department_id, unit_id))
        said = self._statement(layers, state)
        self.trouble = f"{_REFUSED}{said.reason}" if self._refused.refused else said.reason
        bounds = DOCUMENT_BYTES_MAX, FETCH_S_MAX
        request = DocumentRequest(SETTINGS_PATH, "document of settings", *bounds, said.headers())
        is_whole = layers.held_serial == state.serial
        have = (self._refused_etag or state.etag) if is_whole else ""
        answer = fetch_document(uplink, unit_id, request, have, beat)
        if answer.content is None or (answer.etag and answer.etag == have):
            return
        try:
            payload = open_settings(answer.content, key, unit_id)
            self._check(payload, layers, state)
        except DepartmentSettingsError as error:
            self._refuse(str(error), answer, (str(key), layers.own), state)
            return
        self._keep(payload, answer, key, state)

    def _layers_of(self, department_id: str) -> LayeredSettings:
        """The settings as they are now; what another department set is as none until this one's takes its place."""
        try:
            layers = load_layers(self._settings_file)
        except SettingsError as error:
            raise UplinkError(f"{self._settings_file}: cannot be used now: {error.faults[0]}") from None
        is_of_another = layers.kept is not None and layers.kept.department_id != department_id
        return replace(layers, kept=None) if is_of_another else layers

    def _statement(self, layers: LayeredSettings, state: SyncState) -> SettingsStatement:
        """What the unit says of its settings: a document that was refused now, or one that it kept and does not fit."""
        run = current_health(self._settings.unit.runtime_directory, "run")
        figure = None if run is None else run.figures.get(IN_FORCE_FIGURE)
        in_force = figure if isinstance(figure, int) else None
        if self._refused.refused:
            return SettingsStatement(layers.held_serial, in_force, self._refused.refused, self._refused.reason)
        return SettingsStatement(layers.held_serial, in_force, state.serial if layers.fault else 0, layers.fault)

    def _check(self, payload: UnitSettingsPayload, layers: LayeredSettings, state: SyncState) -> None:
        """Refuse what is older than what the unit had, and what its own file does not go with."""
        newest, is_lost = max(layers.held_serial, state.serial), layers.held_serial != state.serial
        if payload.serial < newest or (payload.serial == newest and not is_lost):
            raise DepartmentSettingsError(
                f"they are {payload.serial}, and {newest} came before; publish anew: "
                f"alpr-edge department settings publish FILE --after {newest}"
            )
        try:
            lay_values(layers.own, payload.values, self._settings_file.parent)
        except SettingsError as error:
            raise DepartmentSettingsError(error.faults[0]) from None

    def _refuse(self, reason: str, answer: DocumentAnswer, over: tuple[str, dict[str, Any]], state: SyncState) -> None:
        """Keep the document before, and do not fetch the same one again; the next request says so at once."""
        if answer.etag and answer.etag != self._refused_etag:
            self._schedule.want()
        self._refused_etag, self._refused_over = answer.etag, over
        self._refused = SettingsStatement(0, refused=_named_serial(answer.content or b""), reason=reason)
        self.trouble = f"{_REFUSED}{reason}"
        sync_state.note(self._database, state.source, fetch_failure=reason)
        log.error("settings.refused", serial=self._refused.refused, reason=reason)

    def _keep(self, payload: UnitSettingsPayload, answer: DocumentAnswer, key: RosterKey, state: SyncState) -> None:
        """Keep a document for the next start; the next request says so at once."""
        write_whole(kept_file(self._settings), keep_with_key(answer.content or b"", key))
        sync_state.note(self._database, state.source, etag=answer.etag, serial=payload.serial, fetch_failure="")
        self._refused_etag, self._refused, self.trouble = "", SettingsStatement(0), ""
        log.info("settings.kept", serial=payload.serial, publication=payload.publication)
        if payload.serial > state.serial:
            self._schedule.want()


def _named_serial(content: bytes) -> int:
    """The serial that a document names, whether it holds or not; 1 where it names none, so that a refusal is told."""
    lines = content[:512].split(b"\n", 3)
    return int(lines[2]) if len(lines) == 4 and lines[2].isdigit() and len(lines[2]) <= 9 else 1
