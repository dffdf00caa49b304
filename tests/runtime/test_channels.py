import threading

import pytest

from alpr_edge.runtime.channels import BoundedChannel, ClosedError, LatestChannel, SheddingChannel


def test_a_bounded_channel_blocks_when_full_and_loses_nothing() -> None:
    channel: BoundedChannel[int] = BoundedChannel(2)

    def produce() -> None:
        for number in range(100):
            channel.put(number)
        channel.close()

    thread = threading.Thread(target=produce)
    thread.start()
    items = []
    for _ in range(100):
        assert len(channel) <= 2
        items.append(channel.get(5))
    thread.join(5)
    assert items == list(range(100))
    with pytest.raises(ClosedError):
        channel.get(0)
    assert channel.drop_count == 0


def test_the_latest_channel_keeps_the_newest_of_each_key_and_counts_the_rest() -> None:
    channel: LatestChannel[tuple[str, int]] = LatestChannel(lambda item: item[0])
    for item in [("front", 1), ("rear", 1), ("front", 2), ("front", 3)]:
        channel.put(item)
    assert [channel.get(0), channel.get(0), channel.get(0)] == [("front", 3), ("rear", 1), None]
    assert channel.drop_count == 2


def test_a_channel_closes_with_its_last_producer() -> None:
    channel: BoundedChannel[int] = BoundedChannel(4, producers=2)
    channel.put(1)
    channel.close()
    channel.put(2)
    channel.close()
    with pytest.raises(ClosedError):
        channel.put(3)
    assert channel.drain(10) == [1, 2]
    with pytest.raises(ClosedError):
        channel.get(0)


def test_a_producer_waiting_for_room_is_woken_by_the_close() -> None:
    channel: BoundedChannel[int] = BoundedChannel(1)
    channel.put(1)
    end = threading.Event()

    def produce() -> None:
        with pytest.raises(ClosedError):
            channel.put(2)
        end.set()

    thread = threading.Thread(target=produce)
    thread.start()
    channel.close()
    assert end.wait(5)
    thread.join(5)


def shedding() -> SheddingChannel[str]:
    """Two whole, or fewer from ten letters on, two small; capitals are precious."""
    return SheddingChannel(2, 10, len, lambda item: f"{item}-small", 2, lambda item: item[0].isupper())


def test_a_large_item_leaves_no_room_for_another_whole_one() -> None:
    channel = shedding()
    assert not channel.is_full
    channel.put("as long as this")
    assert channel.is_full
    channel.put("b")
    assert channel.drain(9) == ["as long as this", "b-small"]
    assert not channel.is_full


@pytest.mark.review(1)
def test_a_channel_that_sheds_never_blocks_and_lets_go_of_the_plain_ones_first() -> None:
    channel = shedding()
    for item in ("a", "b", "c", "D", "e", "F"):
        channel.put(item)
    assert channel.drop_count == 2
    assert channel.drain(9) == ["b", "c-small", "D-small", "F-small"]
    channel.put("g")
    assert channel.get(0.0) == "g"


@pytest.mark.review(1)
def test_of_precious_ones_alone_the_last_goes() -> None:
    channel = shedding()
    for item in "ABCDE":
        channel.put(item)
    assert (channel.drop_count, channel.drain(9)) == (1, ["A", "B", "C-small", "D-small"])
    channel.close()
    with pytest.raises(ClosedError):
        channel.put("F")
