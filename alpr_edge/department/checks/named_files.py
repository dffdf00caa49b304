"""Checks what the settings name and only its use would find: formats, templates, secrets, certificates, programs.

Each table without a fault is checked, also where others have faults, so that all of them are told at once.
"""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from alpr_edge.department.db.day_keys.secret_sources import CREDENTIAL, has_credentials
from alpr_edge.department.exchange_settings import ExchangeTable
from alpr_edge.department.interchange.carriers import open_carrier
from alpr_edge.department.page.server import ServedCertificate
from alpr_edge.department.provisioning.scim_endpoint import load_token_sha256
from alpr_edge.department.settings import FILE_NAME, SoundTables, fault_of_periods
from alpr_edge.department.single_sign_on.provider_client import ProviderClient
from alpr_edge.domain.diagnostics.checks import Check, amber, red
from alpr_edge.domain.errors import AlprEdgeError, FeedError
from alpr_edge.hotlist.ingest.source_feed import format_fault, read_password
from alpr_edge.settings.lists import FeedSource


def setting_faults(tables: SoundTables) -> Iterator[str]:
    """Yield faults of settings that a server runs with although their use is refused, one line each with its key."""
    yield from tables.faults
    if fault := fault_of_periods(tables.file.retention):
        yield fault
    for index, feed in tables.feeds.items():
        yield from (f"feed[{index}].{fault}" for fault in _feed_faults(feed))


def check_named_files(tables: SoundTables, directory: Path) -> Iterator[Check]:
    """Name each file, secret and program of the settings that cannot be used; nothing is sent and nobody is asked."""
    file = tables.file
    uses: list[tuple[str, tuple[str, str], Callable[[], object]]] = [
        (f"exchange {table.name}", (table.key, table.token), partial(_open_carrier, table, directory))
        for table in file.exchange
        if table.url
    ]
    if file.single_sign_on.issuer:
        provider = partial(ProviderClient, file.single_sign_on, directory)
        uses.append(("single sign-on", (file.single_sign_on.client_secret, ""), provider))
    if file.provisioning.token:
        load_token = partial(load_token_sha256, file.provisioning, directory)
        uses.append(("provisioning", (file.provisioning.token, ""), load_token))
    if file.page.certificate:
        uses.append(("page", ("", ""), partial(ServedCertificate, directory, file.page)))
    for name, secrets, use in uses:
        try:
            use()
        except AlprEdgeError as error:
            # Services alone are given credentials: by hand such a secret cannot be checked.
            is_out_of_reach = any(each.startswith(CREDENTIAL) for each in secrets) and not has_credentials()
            verdict = amber if is_out_of_reach else red
            yield verdict(name, str(error), f"see {FILE_NAME}")
    if (scanner := file.releases.scan_command) and not os.access(scanner[0], os.X_OK):
        yield red(
            "releases", f"{scanner[0]}: no program that can be run", f"see [releases] scan_command in {FILE_NAME}"
        )


def _open_carrier(table: ExchangeTable, directory: Path) -> None:
    with open_carrier(table, directory, ""):
        pass


def _feed_faults(feed: FeedSource) -> Iterator[str]:
    if fault := format_fault(feed):
        yield f"format: {fault}"
    if feed.signing_key_file is not None and not feed.signing_key_file.is_file():
        yield f"signing_key_file: {feed.signing_key_file}: there is no such file"
    if feed.password_file is not None:
        try:
            read_password(feed.password_file)
        except FeedError as error:
            yield f"password_file: {error}"
