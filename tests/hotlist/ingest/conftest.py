"""A drop folder, its source, and the worker that imports from it."""

from pathlib import Path

import pytest

from alpr_edge.hotlist.ingest.import_worker import ImportWorker
from alpr_edge.hotlist.ingest.importer import ListStore
from alpr_edge.settings import ListSource
from alpr_edge.store.hotlists.download_spool import DownloadSpool
from tests.hotlist.conftest import KEY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


@pytest.fixture
def source(folder: Path) -> ListSource:
    return ListSource.model_validate({"name": "bolo", "format": "generic-csv", "folder": folder})


@pytest.fixture
def worker(lists: ListStore, data: Path) -> ImportWorker:
    return ImportWorker(lists, DownloadSpool(data, KEY))
