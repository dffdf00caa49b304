"""Feeds that wait to be confirmed are few, do not stay, and are in no backup."""

import io
import os
import time
from pathlib import Path

import pytest

from alpr_edge.department.backups.department_files import folder_content
from alpr_edge.department.publishing.uploaded_feeds import FOLDER_NAME, KEPT_S_MAX, UPLOADS_MAX, UploadedFeeds
from alpr_edge.domain.errors import DepartmentError


def test_feeds_that_wait_are_few_and_go_by_themselves(tmp_path: Path) -> None:
    uploads = UploadedFeeds(tmp_path)
    uploads.remove_old()
    paths = [uploads.keep(io.BytesIO(b"feed")) for _ in range(UPLOADS_MAX + 2)]
    left = [path for path in paths if path.exists()]
    assert len(left) == UPLOADS_MAX
    assert all(path.stat().st_mode & 0o077 == 0 for path in left)
    assert [name for name in folder_content(tmp_path).files if name.startswith(FOLDER_NAME)] == []
    before = time.time() - KEPT_S_MAX - 1
    os.utime(left[0], (before, before))
    uploads.remove_old()
    assert [path for path in paths if path.exists()] == left[1:]
    with pytest.raises(DepartmentError, match="the file of the feed is empty"):
        uploads.keep(io.BytesIO(b""))
    assert len(list((tmp_path / FOLDER_NAME).iterdir())) < UPLOADS_MAX
