"""``department images`` and ``keys``, and what ``status`` says of images, as a person runs them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from alpr_edge.cli import app
from scripts.benchmarks.department.seaweedfs import SeaweedServer, bucket_of, set_images
from scripts.loopback_ports import free_port
from tests.department.retention.office import Office, pictures_of, read_item


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path / "department")
    office.deliver(read_item("a"), *pictures_of("a"), days_ago=1)
    yield office
    office.storage.close()


def run(office: Office, *words: str) -> Result:
    return CliRunner().invoke(app, ["department", *words, "--directory", str(office.directory)])


def output(office: Office, *words: str) -> str:
    """What a command prints, in one line; it has to succeed."""
    result = run(office, *words)
    assert result.exit_code == 0, result.output
    return " ".join(result.output.split())


def test_images_are_encrypted_listed_and_their_master_key_is_rotated(office: Office, tmp_path: Path) -> None:
    assert output(office, "keys", "list") == "no key was needed yet"
    assert "images in folder " in output(office, "status")
    made = json.loads(output(office, "keys", "make", str(tmp_path / "key"), "--json"))
    assert (made["file"], len(made["master_key"])) == (str(tmp_path / "key"), 16)
    again = run(office, "keys", "make", str(tmp_path / "key"))
    assert (again.exit_code, "is there already" in again.output) == (1, True)
    set_images(office.directory, key=str(tmp_path / "key"))
    assert output(office, "images", "encrypt").startswith("encrypted: 2 images; 0 were before, 0 are damaged")
    assert json.loads(output(office, "images", "encrypt", "--json")) == {"encrypted": 0, "before": 2, "damaged": 0}
    (key,) = map(json.loads, output(office, "keys", "list", "--json").splitlines())
    assert (key["images"], key["master_id"], "wrapped" in key) == (2, made["master_key"], False)
    assert ", encrypted under 1 key" in output(office, "status")
    output(office, "keys", "make", str(tmp_path / "new"))
    rotated = json.loads(output(office, "keys", "rotate", "--to", str(tmp_path / "new"), "--json"))
    assert (rotated["wrapped"], rotated["next"]) == (1, "")
    assert rotated["master_key"] in output(office, "keys", "list")
    assert json.loads(output(office, "status", "--json"))["images"]["are_encrypted"]
    image = office.directory / "images" / pictures_of("a")[0].sha256[:2] / f"{pictures_of('a')[0].sha256}.jpg"
    image.write_bytes(image.read_bytes()[:-1])
    damaged = run(office, "images", "encrypt")
    assert (damaged.exit_code, "1 are damaged or missing" in damaged.output) == (1, True)


def test_images_are_checked_and_moved_to_a_bucket(office: Office, seaweedfs: SeaweedServer) -> None:
    assert "takes, gives and removes objects" in output(office, "images", "check")
    refused = run(office, "images", "move")
    assert (refused.exit_code, "images.url: missing" in refused.output) == (1, True)
    set_images(office.directory, **seaweedfs.settings("moved"))
    assert json.loads(output(office, "images", "check", "--json"))["ok"]
    bucket = bucket_of(office.directory)
    there, damaged = pictures_of("a")
    bucket.create(f"{damaged.sha256[:2]}/{damaged.sha256}.jpg", b"damaged in the bucket")
    moved = json.loads(output(office, "images", "move", "--json"))
    assert moved == {"place": bucket.label, "moved": 2}
    assert office.files() == set()
    assert {bucket.read(name) for name in bucket.names()} == {there.body, damaged.body}
    assert output(office, "images", "move").startswith("moved: 0 images; the folder is empty")
    assert run(office, "verify").exit_code == 0
    assert "images in bucket pictures at 127.0.0.1" in output(office, "status")


def test_a_bucket_that_cannot_be_reached_is_told_by_status_and_check(office: Office, seaweedfs: SeaweedServer) -> None:
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    set_images(office.directory, **seaweedfs.settings("x") | {"endpoint": endpoint})
    told = f"bucket pictures at 127.0.0.1:{port}: cannot be reached"
    status = run(office, "status")
    assert (status.exit_code, f"warning: {told}" in status.output) == (0, True)
    assert any(told in line for line in json.loads(run(office, "status", "--json").output)["warnings"])
    alarms = json.loads(run(office, "alarms", "--dry-run", "--json").output)["alarms"]
    assert any(alarm["subject"] == "images" and told in alarm["text"] for alarm in alarms)
    for words in (("images", "check"), ("images", "move"), ("verify",)):
        result = run(office, *words)
        assert (result.exit_code, told in f"{result.output} {result.exception}") == (1, True), words
