import os
import subprocess
import sys

import pytest

TELL = """
import structlog
from alpr_edge.runtime.logs import configure_logs
configure_logs(verbose=True)
log = structlog.get_logger()
for level in (log.info, log.warning, log.error):
    level("stage.restarting", stage="writer")
print("went on")
"""


@pytest.mark.review(3)
@pytest.mark.parametrize("has_reader", [True, False])
def test_a_journal_that_is_gone_ends_nothing(has_reader: bool) -> None:
    reading, writing = os.pipe()
    if not has_reader:
        os.close(reading)
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    done = subprocess.run(
        [sys.executable, "-c", TELL], env=environment, stderr=writing, stdout=subprocess.PIPE, check=False, timeout=60
    )
    os.close(writing)
    assert (done.returncode, done.stdout) == (0, b"went on\n")
    if has_reader:
        with os.fdopen(reading, "rb") as journal:
            assert journal.read().count(b"event=stage.restarting") == 3
