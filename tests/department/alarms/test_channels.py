"""Mail and posts as real servers get them."""

import hashlib
import hmac
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alpr_edge.department.alarm_settings import AlarmsTable
from alpr_edge.department.alarms.alarm_record import AlarmNotice
from alpr_edge.department.alarms.channels import SIGNATURE_HEADER, MailChannel, WebhookChannel, alarm_channels
from alpr_edge.department.pki.authority import initialise
from alpr_edge.domain.errors import DepartmentError
from tests.department.alarms.receivers import MailServer, PostServer, running, server_tls

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
NOTICE = AlarmNotice(begun=("the disk has 7 MiB left",), standing=(), over=("unit patrol-1: silent since Monday",))
PEOPLE = ["ana@police.example", "ben@police.example"]


def mail_table(port: int, **more: str) -> AlarmsTable:
    keys = {"mail_to": PEOPLE, "mail_from": "alpr@police.example", "smtp_host": "127.0.0.1", "smtp_port": port}
    return AlarmsTable.model_validate(keys | {"smtp_security": "none"} | more)


def hook_table(folder: Path, url: str, key: str = "k" * 32) -> AlarmsTable:
    (folder / "hook.key").write_text(f"{key}\n")
    return AlarmsTable.model_validate({"webhook_url": url, "webhook_key_file": str(folder / "hook.key")})


def test_mail_says_what_is_new_and_what_is_over() -> None:
    with running(MailServer()) as server:
        MailChannel(mail_table(server.port)).tell(NOTICE, "alpr.police.example", NOW)
    (message,) = server.messages
    assert message["Subject"] == "alpr.police.example: 1 new, 1 over"
    assert (message["To"], message["From"]) == (", ".join(PEOPLE), "alpr@police.example")
    text = str(message.get_payload()).replace("\r", "")
    assert "New:\n- the disk has 7 MiB left" in text
    assert "Over:\n- unit patrol-1: silent since Monday" in text


def test_mail_goes_encrypted_and_signed_in(tmp_path: Path) -> None:
    initialise(tmp_path / "tls", ["127.0.0.1"])
    (tmp_path / "password").write_text("correct horse\n")
    more = {"smtp_security": "starttls", "ca_file": str(tmp_path / "tls" / "ca.pem")}
    more |= {"smtp_user": "alarms", "smtp_password_file": str(tmp_path / "password")}
    with running(MailServer(server_tls(tmp_path / "tls"), "correct horse")) as server:
        MailChannel(mail_table(server.port, **more)).tell(NOTICE, "d", NOW)
        assert server.was_encrypted == [True]
        (tmp_path / "password").write_text("wrong")
        with pytest.raises(DepartmentError, match=r"^mail: 127.0.0.1 did not take it: it answered 535$"):
            MailChannel(mail_table(server.port, **more)).tell(NOTICE, "d", NOW)
        with pytest.raises(DepartmentError, match="did not take it"):
            MailChannel(mail_table(server.port, **more | {"ca_file": ""})).tell(NOTICE, "d", NOW)
    assert len(server.messages) == 1


def test_mail_never_leaves_in_clear_where_encryption_is_asked_for() -> None:
    with running(MailServer()) as server, pytest.raises(DepartmentError, match="did not take it"):
        MailChannel(mail_table(server.port, smtp_security="starttls")).tell(NOTICE, "d", NOW)
    assert server.messages == []


def test_one_address_that_is_refused_is_told() -> None:
    with (
        running(MailServer(refused="ben@")) as server,
        pytest.raises(DepartmentError, match="refused 1 of 2 addresses"),
    ):
        MailChannel(mail_table(server.port)).tell(NOTICE, "d", NOW)


def test_a_post_is_json_with_a_signature_that_its_receiver_can_check(tmp_path: Path) -> None:
    with running(PostServer()) as server:
        WebhookChannel(hook_table(tmp_path, server.url)).tell(NOTICE, "alpr.police.example", NOW)
    ((headers, body),) = server.posts
    content = json.loads(body)
    assert content["begun"] == list(NOTICE.begun)
    assert content["over"] == list(NOTICE.over)
    assert (content["department"], content["utc"]) == ("alpr.police.example", "2026-11-20T03:00:00.000Z")
    at, signature = (part.partition("=")[2] for part in headers[SIGNATURE_HEADER].split(","))
    assert signature == hmac.new(b"k" * 32, at.encode() + b"." + body, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("status", [301, 404, 503])
def test_a_post_that_is_refused_was_not_told_and_its_address_stays_secret(tmp_path: Path, status: int) -> None:
    with running(PostServer()) as server:
        server.status = status
        with pytest.raises(DepartmentError, match=f"^webhook: 127.0.0.1 refused it with status {status}$"):
            WebhookChannel(hook_table(tmp_path, server.url)).tell(NOTICE, "d", NOW)


def test_a_server_that_is_not_there_is_told_in_a_line(tmp_path: Path) -> None:
    with running(PostServer()) as gone:
        port = gone.server_address[1]
    with pytest.raises(DepartmentError, match=r"webhook: 127.0.0.1 does not answer"):
        WebhookChannel(hook_table(tmp_path, f"http://127.0.0.1:{port}/")).tell(NOTICE, "d", NOW)
    with pytest.raises(DepartmentError, match=r"mail: 127.0.0.1 did not take it: Connection refused"):
        MailChannel(mail_table(port)).tell(NOTICE, "d", NOW)


def test_a_key_that_is_short_or_missing_signs_nothing(tmp_path: Path) -> None:
    with pytest.raises(DepartmentError, match="32 bytes or more are needed"):
        WebhookChannel(hook_table(tmp_path, "https://hooks.example/", "short")).tell(NOTICE, "d", NOW)
    (tmp_path / "hook.key").unlink()
    table = AlarmsTable.model_validate(
        {"webhook_url": "https://hooks.example/", "webhook_key_file": str(tmp_path / "hook.key")}
    )
    with pytest.raises(DepartmentError, match="cannot be read"):
        WebhookChannel(table).tell(NOTICE, "d", NOW)


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"mail_to": PEOPLE}, "mail_to needs mail_from and smtp_host"),
        ({"mail_to": ["nobody"]}, "mail_to"),
        ({"smtp_user": "u"}, "smtp_user needs smtp_password_file"),
        ({"smtp_host": "mail.example", "smtp_security": "none"}, "mail leaves this computer encrypted alone"),
        ({"webhook_url": "https://hooks.example/"}, "webhook_url needs webhook_key_file"),
        ({"webhook_url": "http://hooks.example/", "webhook_key_file": "/k"}, "use https"),
        ({"webhook_url": "ftp://hooks.example/"}, "webhook_url"),
        ({"ca_file": "relative.pem"}, "ca_file"),
    ],
)
def test_settings_that_would_tell_nobody_or_in_clear_are_refused(keys: dict[str, Any], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        AlarmsTable.model_validate(keys)


def test_each_channel_that_is_set_is_used(tmp_path: Path) -> None:
    assert alarm_channels(AlarmsTable()) == []
    both = mail_table(25).model_dump() | hook_table(tmp_path, "https://hooks.example/").model_dump(
        include={"webhook_url", "webhook_key_file"}
    )
    assert [channel.name for channel in alarm_channels(AlarmsTable.model_validate(both))] == ["mail", "webhook"]
