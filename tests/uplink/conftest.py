"""An authority, a unit's certificate, an outbox and a department on loopback."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from alpr_edge.department.http.storage_app import create_app
from alpr_edge.department.http.tls_contexts import tls_context
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.pki.authority import TlsFiles, initialise
from alpr_edge.runtime.key_derivation import derive_key
from alpr_edge.settings import UplinkSettings
from alpr_edge.store.db.database import Database
from alpr_edge.store.evidence.images import ImageStore
from alpr_edge.store.keys import IMAGES
from alpr_edge.store.outbox.outbox import Outbox
from tests.department.enrolment import enrol_unit
from tests.uplink.faulty import Fault, FaultyDepartment

KEY = bytes(range(32))
Connect = Callable[..., UplinkSettings]
Faulty = Callable[[Iterator[Fault]], AbstractContextManager[FaultyDepartment]]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return initialise(tmp_path_factory.mktemp("authority") / "department", ["127.0.0.1", "localhost"])


@pytest.fixture(scope="session")
def unit_files(authority: TlsFiles, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return enrol_unit(authority.directory, "unit-1", tmp_path_factory.mktemp("unit") / "tls")


def settings_for(url: str, files: Path, **changes: float) -> UplinkSettings:
    """Settings with short waits."""
    values = {"connect_timeout_s": 5.0, "answer_timeout_s": 10.0, "batch_items": 12, **changes}
    return UplinkSettings.model_validate(
        {
            "url": url,
            "ca_file": files / "department-ca.pem",
            "certificate_file": files / "unit.pem",
            "key_file": files / "unit.key",
            "media_key_file": files / "department-media.pem",
            **values,
        }
    )


@pytest.fixture
def storage(authority: TlsFiles, unit_files: Path, tmp_path: Path) -> Iterator[Storage]:
    """One that knows the unit."""
    new_storage = Storage(Path(shutil.copytree(authority.directory, tmp_path / "department")))
    yield new_storage
    new_storage.close()


@pytest.fixture
def faulty(storage: Storage, authority: TlsFiles) -> Faulty:
    def serve(schedule: Iterator[Fault]) -> FaultyDepartment:
        return FaultyDepartment(create_app(storage), tls_context(authority), schedule)

    return serve


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    new_database = Database.open(tmp_path / "vehicle", KEY, migrate=True)
    yield new_database
    new_database.close()


@pytest.fixture
def images(tmp_path: Path, database: Database) -> ImageStore:
    return ImageStore(tmp_path / "vehicle" / "images", derive_key(KEY, IMAGES))


@pytest.fixture
def outbox(database: Database, images: ImageStore) -> Outbox:
    return Outbox(database, images)


@pytest.fixture
def authority_copy(authority: TlsFiles, unit_files: Path, tmp_path: Path) -> Path:
    """A department's folder of the same authority, without items."""
    return Path(shutil.copytree(authority.directory, tmp_path / "server"))
