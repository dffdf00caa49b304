from pathlib import Path

import pytest

from alpr_edge.domain.errors import LostError
from alpr_edge.domain.protocol.items import ListChange
from alpr_edge.store.hotlists.download_spool import RECORD_BYTES_MAX, DownloadSpool, FeedNote

NOTE = FeedNote(ListChange.ADDITIONS, 7, '"etag"', "yesterday")
CONTENT = bytes(range(256)) * 5000


@pytest.fixture
def incoming(tmp_path: Path, key: bytes) -> DownloadSpool:
    return DownloadSpool(tmp_path, key)


def put(incoming: DownloadSpool, content: bytes = CONTENT) -> None:
    draft = incoming.start("doj", NOTE)
    draft.append(content)
    draft.finish()


def feed_of(folder: Path) -> Path:
    return folder / "incoming" / "doj.feed"


def read(incoming: DownloadSpool) -> bytes:
    return b"".join(incoming.read("doj")[1])


def test_a_feed_comes_back_as_it_came(incoming: DownloadSpool, tmp_path: Path) -> None:
    assert not incoming.waits("doj")
    put(incoming, CONTENT + CONTENT[:100])
    assert len(CONTENT) > RECORD_BYTES_MAX
    assert incoming.waits("doj")
    assert incoming.read("doj")[0] == NOTE
    assert read(incoming) == CONTENT + CONTENT[:100]
    assert CONTENT[:64] not in feed_of(tmp_path).read_bytes()
    incoming.remove("doj")
    assert not incoming.waits("doj")


@pytest.mark.parametrize("lost_bytes", [0, 1, 40, 5000])
def test_a_draft_goes_on_behind_its_last_whole_record(incoming: DownloadSpool, tmp_path: Path, lost_bytes: int) -> None:
    draft = incoming.start("doj", NOTE)
    for start in range(0, 100_000, 10_000):
        draft.append(CONTENT[start : start + 10_000])
    draft.close()
    path = tmp_path / "incoming" / "doj.part"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - lost_bytes)
    second_draft = incoming.draft("doj")
    assert second_draft is not None
    assert second_draft.size == (100_000 if lost_bytes == 0 else 90_000)
    assert second_draft.note == NOTE
    second_draft.append(CONTENT[second_draft.size : 100_000])
    second_draft.finish()
    assert read(incoming) == CONTENT[:100_000]
    assert incoming.draft("doj") is None


def test_damage_is_found_wherever_it_is(incoming: DownloadSpool, tmp_path: Path) -> None:
    put(incoming, CONTENT[:3000])
    whole = feed_of(tmp_path).read_bytes()
    for place in range(0, len(whole), 37):
        feed_of(tmp_path).write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(LostError):
            read(incoming)
    for length in range(0, len(whole), 41):
        feed_of(tmp_path).write_bytes(whole[:length])
        with pytest.raises(LostError):
            read(incoming)


def test_another_units_key_opens_nothing(incoming: DownloadSpool, tmp_path: Path) -> None:
    put(incoming)
    with pytest.raises(LostError, match="downloaded again"):
        read(DownloadSpool(tmp_path, bytes(32)))


def test_a_draft_of_another_key_or_of_nothing_is_thrown_away(incoming: DownloadSpool, tmp_path: Path) -> None:
    incoming.start("doj", NOTE).close()
    assert DownloadSpool(tmp_path, bytes(32)).draft("doj") is None
    assert not (tmp_path / "incoming" / "doj.part").exists()
    (tmp_path / "incoming" / "doj.part").write_bytes(b"")
    assert incoming.draft("doj") is None
