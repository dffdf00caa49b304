"""Images in a bucket of a real S3 server: stored once, read back, and nothing receipted that is not there."""

import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from alpr_edge.department.http.server import DepartmentServer
from alpr_edge.department.images.choice import ObjectBucket, bucket_location
from alpr_edge.department.images.department_images import object_name
from alpr_edge.department.ingest.records import Part
from alpr_edge.department.ingest.storage import Storage
from alpr_edge.department.ingest.verification import verify
from alpr_edge.department.pki.authority import initialise
from alpr_edge.department.upkeep_settings import ImagesTable
from alpr_edge.domain.errors import DepartmentError, StoreError
from alpr_edge.domain.protocol.items import ItemAnswerPayload, OutboxItem
from scripts.benchmarks.department.seaweedfs import (
    SeaweedServer,
    bucket_of,
    open_bucket,
    set_images,
    write_credentials,
)
from scripts.loopback_ports import free_port
from tests.department.engines import EngineUnderTest
from tests.department.enrolment import enrol_unit
from tests.department.retention.office import TODAY, Office, pictures_of
from tests.department.retention.office import read_item as pictured_read
from tests.uplink.items import image_item, read_item


@pytest.fixture
def directory(tmp_path: Path, engine: EngineUnderTest, seaweedfs: SeaweedServer) -> Path:
    folder = engine.use(tmp_path / "department")
    set_images(folder, **seaweedfs.settings(f"p{abs(hash(tmp_path))}/of/it"))
    return folder


@pytest.fixture
def storage(directory: Path) -> Iterator[Storage]:
    new_storage = Storage(directory)
    yield new_storage
    new_storage.close()


@pytest.fixture
def bucket(directory: Path) -> ObjectBucket:
    return bucket_of(directory)


def store(storage: Storage, *items: OutboxItem) -> list[ItemAnswerPayload]:
    return storage.store("unit-1", [Part(each.item_id, each.kind.value, each.body, each.sha256) for each in items])


def test_images_lie_in_the_bucket_once_and_are_read_back(storage: Storage, bucket: ObjectBucket) -> None:
    images = [image_item(number) for number in range(20)]
    for _ in range(2):
        assert [answer.sha256 for answer in store(storage, *images, read_item())][:-1] == [
            each.sha256 for each in images
        ]
    assert sorted(bucket.names()) == sorted(object_name(each.sha256) for each in images)
    assert list((storage.directory / "images").iterdir()) == []
    assert storage.image(images[3].sha256) == images[3].body
    assert verify(storage, lambda done, total: None).is_whole
    storage.check()


def test_a_damaged_object_is_replaced_by_its_original(storage: Storage, bucket: ObjectBucket) -> None:
    item = image_item()
    store(storage, item)
    bucket.replace(object_name(item.sha256), b"\xff\xd8\xff of something else")
    assert verify(storage, lambda done, total: None).damaged_images == 1
    assert store(storage, item)[0].sha256 == item.sha256
    assert bucket.read(object_name(item.sha256)) == item.body
    bucket.remove(object_name(item.sha256))
    assert verify(storage, lambda done, total: None).missing_images == 1


def test_the_purge_deletes_objects(directory: Path, bucket: ObjectBucket) -> None:
    office = Office(directory)
    office.deliver(pictured_read("old"), *pictures_of("old"), days_ago=366)
    office.deliver(pictured_read("new"), *pictures_of("new"), days_ago=1)
    assert office.purge(TODAY).pictures == 2
    assert set(bucket.names()) == {object_name(each.sha256) for each in pictures_of("new")}
    office.storage.close()


def test_images_of_the_folder_are_read_and_removed_while_they_are_there(
    tmp_path: Path, engine: EngineUnderTest, seaweedfs: SeaweedServer
) -> None:
    office = Office(engine.use(tmp_path / "department"))
    office.deliver(pictured_read("old"), *pictures_of("old"), days_ago=366)
    office.deliver(pictured_read("kept"), *pictures_of("kept"), days_ago=1)
    office.storage.close()
    set_images(office.directory, **seaweedfs.settings(f"p{abs(hash(tmp_path))}"))
    office.storage = Storage(office.directory)
    assert verify(office.storage, lambda done, total: None).is_whole
    office.deliver(pictured_read("new"), *pictures_of("new"), days_ago=1)
    office.purge(TODAY)
    assert office.files() == {each.sha256 for each in pictures_of("kept")}
    assert set(bucket_of(office.directory).names()) == {object_name(each.sha256) for each in pictures_of("new")}
    office.storage.close()


@pytest.fixture
def own_server(require_seaweedfs: Callable[[], Path]) -> Iterator[SeaweedServer]:
    server = SeaweedServer(require_seaweedfs())
    try:
        server.wait()
        yield server
    finally:
        server.stop()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_receipted_is_there_when_the_server_is_killed_meanwhile(
    tmp_path: Path, engine: EngineUnderTest, own_server: SeaweedServer
) -> None:
    directory = engine.use(tmp_path / "department")
    set_images(directory, **own_server.settings("killed"))
    storage, receipted, refusals = Storage(directory), set[str](), list[str]()
    batches = [[image_item(10 * batch + number) for number in range(10)] for batch in range(20)]
    is_under_way = threading.Event()

    def send() -> None:
        for batch in batches:
            try:
                answers = store(storage, *batch)
            except StoreError as error:
                refusals.append(str(error))
                return
            receipted.update(str(answer.sha256) for answer in answers)
            if len(receipted) >= 30:
                is_under_way.set()

    sender = threading.Thread(target=send)
    sender.start()
    assert is_under_way.wait(60)
    own_server.kill()
    sender.join(120)
    port = own_server.endpoint.rpartition(":")[2]
    assert refusals == [
        f"bucket pictures at 127.0.0.1:{port}: cannot be reached; look at the network and at the server"
    ]
    with pytest.raises(StoreError, match="cannot be reached"):
        storage.check()
    own_server.restart()
    stored = {name.rpartition("/")[2].removesuffix(".jpg") for name in own_server.bucket("killed").names()}
    assert receipted <= stored
    assert storage.counts().items.get("image") == len(receipted) < 200
    for batch in batches:
        assert [answer.sha256 for answer in store(storage, *batch)] == [each.sha256 for each in batch]
    assert storage.counts().items == {"image": 200}
    assert verify(storage, lambda done, total: None).is_whole
    storage.close()


def test_units_are_told_to_come_again_while_the_bucket_cannot_be_reached(
    tmp_path: Path, seaweedfs: SeaweedServer
) -> None:
    directory = initialise(tmp_path / "department", ["127.0.0.1"]).directory
    port = free_port()
    set_images(directory, **seaweedfs.settings("x") | {"endpoint": f"http://127.0.0.1:{port}"})
    unit = enrol_unit(directory, "unit-1", tmp_path / "tls")
    tls = ssl.create_default_context(cafile=unit / "department-ca.pem")
    tls.load_cert_chain(unit / "unit.pem", unit / "unit.key")
    headers = {"Alpr-Edge-Unit": "unit-1", "Alpr-Edge-Protocol": "1"}
    parts = {
        each.item_id: (each.kind.value, each.body, "application/octet-stream", {"Alpr-Edge-Sha256": each.sha256})
        for each in (image_item(), read_item())
    }
    with DepartmentServer(directory, health_port=0) as server:
        with httpx.Client(verify=tls, headers=headers, trust_env=False, timeout=60) as client:
            answer = client.post(f"https://127.0.0.1:{server.port}/v1/items", files=parts)
        health = httpx.get(f"http://127.0.0.1:{server.health_port}/health", trust_env=False, timeout=30)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert health.status_code == 503
    (trouble,) = health.json()["troubles"]
    assert trouble.startswith(f"bucket pictures at 127.0.0.1:{port}: cannot be reached")
    storage = Storage(directory)
    assert storage.counts().items == {}
    storage.close()


def test_wrong_credentials_and_a_bucket_that_is_not_there_are_told_in_a_line(
    tmp_path: Path, seaweedfs: SeaweedServer
) -> None:
    wrong = write_credentials(tmp_path / "credentials", "not-the-secret")
    directory = tmp_path / "department"
    set_images(directory, **seaweedfs.settings("x") | {"credentials": str(wrong)})
    storage = Storage(directory)
    with pytest.raises(StoreError, match=r"refuses the secret key; mend the file of images\.credentials$"):
        store(storage, image_item())
    with pytest.raises(StoreError, match="refuses the secret key"):
        storage.check()
    assert storage.counts().items == {}
    storage.close()
    missing = seaweedfs.settings("x", bucket="nobody-made-it")
    bucket = open_bucket(missing, directory)
    calls: list[Callable[[], object]] = [bucket.check, lambda: bucket.read("a"), lambda: bucket.remove("a")]
    for call in calls:
        with pytest.raises(StoreError, match=r"there is no such bucket; make it, or mend images\.url$"):
            call()


def test_a_server_is_believed_by_its_certificate_alone(tmp_path: Path, require_seaweedfs: Callable[[], Path]) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    files = tmp_path / "server.pem", tmp_path / "server.key"
    certificate.cert_chain_pems[0].write_to_path(files[0])
    certificate.private_key_pem.write_to_path(files[1])
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    server = SeaweedServer(require_seaweedfs(), files)
    try:
        settings = server.settings("tls")
        bucket = open_bucket(settings | {"authority": str(tmp_path / "ca.pem")}, tmp_path / "department")
        server.wait_for(bucket)
        assert bucket.create("b", b"1")
        assert not bucket.create("b", b"2")
        assert bucket.read("b") == b"1"
        with pytest.raises(StoreError, match=r"does not verify; name its authority in images\.authority"):
            open_bucket(settings, tmp_path / "department").check()
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": "s3://key:secret@pictures/x"}, "credentials in a URL"),
        ({"url": "s3://pictures/x?secret=1"}, "credentials in a URL"),
        ({"url": "https://pictures"}, "write s3://BUCKET/PREFIX"),
        ({"url": "s3://pictures/../x y"}, "write s3://BUCKET/PREFIX"),
        ({"endpoint": "http://s3.example"}, "needs https"),
        ({"endpoint": "https://key:secret@s3.example"}, "images.endpoint: credentials in a URL"),
        ({"endpoint": "s3.example"}, "write https://HOST"),
        ({"credentials": ""}, "images.credentials: missing"),
        ({"credentials": "/nowhere/it/is"}, "cannot be read"),
        ({"credentials": "relative"}, "write the whole path"),
        ({"credentials": "credential:bucket"}, "LoadCredential"),
        ({"authority": "/nowhere/ca.pem"}, "images.authority"),
        ({"secret_access_key": "hush"}, "images.secret_access_key"),
    ],
)
def test_settings_that_are_wrong_or_hold_a_secret_are_refused(
    tmp_path: Path, settings: dict[str, str], told: str
) -> None:
    directory = tmp_path / "department"
    credentials = write_credentials(tmp_path / "credentials", "hush")
    good = {"url": "s3://pictures/x", "endpoint": "https://s3.example", "credentials": str(credentials)}
    set_images(directory, **good | settings)
    with pytest.raises(DepartmentError, match=told) as error:
        Storage(directory)
    assert "hush" not in str(error.value)
    assert "key:secret" not in str(error.value)


def test_credentials_that_others_may_read_or_that_are_none_are_refused(tmp_path: Path) -> None:
    path = write_credentials(tmp_path / "credentials", "hush")
    table = ImagesTable(url="s3://pictures", credentials=str(path))
    path.chmod(0o644)
    with pytest.raises(DepartmentError, match="others may read this secret"):
        bucket_location(table, tmp_path / "department")
    path.chmod(0o600)
    path.write_text("AKIA hush")
    with pytest.raises(DepartmentError, match=r"no credentials; write a line \[default\]"):
        bucket_location(table, tmp_path / "department")
    with pytest.raises(DepartmentError, match="lies in the department's folder"):
        bucket_location(table, tmp_path)
