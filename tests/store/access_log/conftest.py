"""A unit's access log in a temporary folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alpr_edge.settings import Settings, load
from alpr_edge.store.access_log.checkpoints import CheckpointSigner, load_signing_key
from alpr_edge.store.access_log.log import AccessLog, open_access_log
from tests.units import write_bare_unit


@pytest.fixture
def unit(tmp_path: Path) -> Settings:
    return load(write_bare_unit(tmp_path))


@pytest.fixture
def log(unit: Settings) -> Iterator[AccessLog]:
    with open_access_log(unit, migrate=True) as open_log:
        yield open_log


@pytest.fixture
def signer(unit: Settings, log: AccessLog) -> CheckpointSigner:
    return CheckpointSigner(log, load_signing_key(unit.store.keys_directory))
