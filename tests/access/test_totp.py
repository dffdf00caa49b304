"""One-time codes of an authenticator app."""

from datetime import UTC, datetime, timedelta

import pytest

from alpr_edge.access.totp import matching_step, new_secret, provisioning_uri

# RFC 6238, appendix B, the secret for SHA-1 ("12345678901234567890"); the last six of the eight digits.
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
VECTORS = [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_the_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    moment = datetime.fromtimestamp(seconds, UTC)
    assert matching_step(RFC_SECRET, code, moment) == seconds // 30
    assert matching_step(RFC_SECRET, f" {code[:3]} {code[3:]} ", moment) == seconds // 30


@pytest.mark.parametrize(("off", "matches"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_one_step_before_and_after_is_accepted(off: int, matches: bool) -> None:
    moment = datetime.fromtimestamp(1234567890, UTC) + timedelta(seconds=off)
    assert matching_step(RFC_SECRET, "005924", moment) == (1234567890 // 30 if matches else None)


@pytest.mark.parametrize("code", ["", "005925", "5924", "00592400", "\u0660\u0660\u0665\u0669\u0662\u0664", "é" * 6])
def test_another_code_is_none(code: str) -> None:
    assert matching_step(RFC_SECRET, code, datetime.fromtimestamp(1234567890, UTC)) is None


def test_without_a_secret_no_code_is_right() -> None:
    moment = datetime.fromtimestamp(1234567890, UTC)
    assert not any(matching_step("", f"{code:06}", moment) for code in range(0, 1_000_000, 997))


def test_secrets_are_random_and_go_to_the_app_by_an_address() -> None:
    assert len({new_secret() for _ in range(20)}) == 20
    assert len(new_secret()) == 32
    uri = provisioning_uri(RFC_SECRET, "Ana Ruiz", "Modesto PD")
    assert uri == f"otpauth://totp/Modesto%20PD:Ana%20Ruiz?secret={RFC_SECRET}&issuer=Modesto%20PD"
