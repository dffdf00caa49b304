"""The public key that signs evidence packages is left for the uplink where there is a department."""

from pathlib import Path

from structlog.testing import capture_logs

from alpr_edge.app.capture_daemon import leave_evidence_request
from alpr_edge.settings import load
from alpr_edge.store.keys import load_evidence_key
from alpr_edge.uplink.documents.voucher_request import REQUEST_NAME, read_request
from tests.units import write_bare_unit


def test_it_is_left_beside_the_data_where_there_is_a_department_and_only_there(tmp_path: Path) -> None:
    file = write_bare_unit(tmp_path)
    request = tmp_path / "data" / REQUEST_NAME
    alone = load(file)
    leave_evidence_request(alone.model_copy(update={"uplink": alone.uplink.model_copy(update={"url": ""})}))
    assert not request.exists()

    url = "https://department.example:8443"
    settings = alone.model_copy(update={"uplink": alone.uplink.model_copy(update={"url": url})})
    settings.unit.data_directory.mkdir(mode=0o700, exist_ok=True)
    leave_evidence_request(settings)
    left = read_request(request)
    assert left is not None
    assert left.public_key() == load_evidence_key(settings.store.keys_directory).public_key()

    request.unlink()
    (settings.store.keys_directory / "access.key").unlink()
    with capture_logs() as told:
        leave_evidence_request(settings)
    assert [line["event"] for line in told] == ["evidence.key_not_offered"]
