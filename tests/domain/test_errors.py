"""What an error says beside its sentence."""

from alpr_edge.domain.errors import AuditError, ServerFailedError, UplinkError, retry_after_of


def test_only_a_department_asks_to_be_left_alone_for_a_time() -> None:
    assert retry_after_of(UplinkError("busy", 30.5)) == 30.5
    assert retry_after_of(ServerFailedError("busy", retry_after_s=2.0)) == 2.0
    assert retry_after_of(UplinkError("busy")) == 0.0
    assert retry_after_of(AuditError("broken")) == 0.0
    assert str(UplinkError("busy", 30.5)) == "busy"
