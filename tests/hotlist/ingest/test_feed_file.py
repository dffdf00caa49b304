import gzip
import io
import zipfile
from pathlib import Path

import pytest
import pyzipper
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from alpr_edge.domain.errors import FeedError
from alpr_edge.hotlist.ingest.feed_file import LINE_BYTES_MAX, FeedFile

TEXT = b"Plate\r\n" + b"ABC123\r\n" * 5000
PASSWORD = b"secret"


def zip_of(*names: str, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name in names:
            archive.writestr(name, TEXT)
    return buffer.getvalue()


def locked_zip(method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with pyzipper.AESZipFile(buffer, "w", compression=method, encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(PASSWORD)
        archive.writestr("a.csv", TEXT)
    return buffer.getvalue()


def read(path: Path, limit: int = 1 << 20, password: bytes | None = None) -> bytes:
    with FeedFile(path, password, limit) as file:
        return b"".join(file.lines())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feed"


@pytest.mark.parametrize(
    "archive",
    [TEXT, gzip.compress(TEXT), zip_of("a.csv"), zip_of("a.csv", method=zipfile.ZIP_LZMA), zip_of("d/", "d/a.csv")],
)
def test_packing_is_told_by_the_bytes(path: Path, archive: bytes) -> None:
    path.write_bytes(archive)
    assert read(path) == TEXT


def test_the_inner_name_is_what_was_packed(tmp_path: Path) -> None:
    (tmp_path / "svs.tbl.gz").write_bytes(gzip.compress(TEXT))
    (tmp_path / "download.bin").write_bytes(zip_of("tables/slr.tbl"))
    with FeedFile(tmp_path / "svs.tbl.gz") as one, FeedFile(tmp_path / "download.bin") as other:
        assert (one.inner_name, other.inner_name) == ("svs.tbl", "slr.tbl")


def test_the_share_read_grows_to_one(path: Path) -> None:
    path.write_bytes(gzip.compress(TEXT))
    with FeedFile(path) as file:
        for _ in file.lines():
            assert 0 <= file.share_read <= 1
        assert file.share_read == 1


@pytest.mark.parametrize("archive", [TEXT, gzip.compress(TEXT), zip_of("a.csv")])
def test_what_comes_out_is_bounded(path: Path, archive: bytes) -> None:
    path.write_bytes(archive)
    with pytest.raises(FeedError, match="bytes unpacked"):
        read(path, limit=len(TEXT) - 1)


def test_a_line_is_bounded(path: Path) -> None:
    path.write_bytes(gzip.compress(b"\0" * (LINE_BYTES_MAX + 1)))
    with pytest.raises(FeedError, match="a line over"):
        read(path)


@pytest.mark.parametrize("archive", [gzip.compress(TEXT), zip_of("a.csv")])
def test_a_packed_file_cut_short_or_changed_is_refused(path: Path, archive: bytes) -> None:
    path.write_bytes(archive[: len(archive) // 2])
    with pytest.raises(FeedError, match="damaged or cut short"):
        read(path)
    middle = len(archive) // 2
    path.write_bytes(archive[:middle] + bytes([archive[middle] ^ 0xFF]) + archive[middle + 1 :])
    with pytest.raises(FeedError, match="damaged or cut short"):
        read(path)


def test_a_locked_zip_is_refused(path: Path) -> None:
    content = bytearray(zip_of("a.csv"))
    # The encryption bit of the general purpose flags, in the central directory's record of the file.
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    with pytest.raises(FeedError, match="locked"):
        read(path)


@pytest.mark.parametrize("names", [(), ("a.csv", "b.csv")])
def test_a_zip_of_another_number_of_files_is_refused(path: Path, names: tuple[str, ...]) -> None:
    path.write_bytes(zip_of(*names))
    with pytest.raises(FeedError, match="zip"):
        read(path)


def test_a_missing_file_or_a_folder_is_one_line(tmp_path: Path) -> None:
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(FeedError, match="cannot be read"):
            read(path)


@pytest.mark.parametrize(
    ("archive", "record", "place", "byte"),
    [
        (zip_of("a.csv"), b"PK\x01\x02", 6, 255),  # of a version that none has
        (zip_of("a.csv"), b"PK\x01\x02", 28, 0),  # without a name
        (zip_of("a.csv"), b"PK\x05\x06", 19, 255),  # a directory that begins behind the file's end
        (zip_of("a.csv", method=zipfile.ZIP_BZIP2), b"BZh", 4, 0),
        (locked_zip(), b"AE", 2, 9),  # an AES key of a length that none has
    ],
)
def test_a_header_of_nonsense_is_damage(path: Path, archive: bytes, record: bytes, place: int, byte: int) -> None:
    at = archive.rindex(record) + place
    path.write_bytes(archive[:at] + bytes([byte]) + archive[at + 1 :])
    with pytest.raises(FeedError, match="damaged or cut short; download it again"):
        read(path, password=PASSWORD)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("change", [-1, -40_000, 8, 1_000_000])
def test_a_locked_zip_whose_directory_states_another_size_is_damage(path: Path, method: int, change: int) -> None:
    """Nothing that is locked says how long the text is: a smaller size would cut the list, and pass for the whole."""
    archive = locked_zip(method)
    at = archive.rindex(b"PK\x01\x02") + 24
    assert int.from_bytes(archive[at : at + 4], "little") == len(TEXT)
    path.write_bytes(archive[:at] + (len(TEXT) + change).to_bytes(4, "little") + archive[at + 4 :])
    with pytest.raises(FeedError, match="damaged or cut short; download it again"):
        read(path, password=PASSWORD)


@pytest.mark.parametrize(
    "archive", [gzip.compress(TEXT), zip_of("a.csv"), zip_of("a.csv", method=zipfile.ZIP_BZIP2), locked_zip()]
)
@hypothesis_settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_packed_bytes_changed_here_and_there(
    archive: bytes, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """The whole text or one line that says why not; a file that no longer begins as a archive one is text itself."""
    content = bytearray(archive)
    for _ in range(data.draw(st.integers(1, 3))):
        # Headers stand at both ends.
        place = data.draw(st.integers(-120, 60)) % len(content)
        content[place : place + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    path = tmp_path_factory.getbasetemp() / "changed"
    path.write_bytes(content)
    try:
        assert read(path, password=PASSWORD) in {TEXT, bytes(content)}
    except FeedError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
