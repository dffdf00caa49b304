import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpr_edge.domain.plates import PLATE_LENGTH_MAX
from alpr_edge.hotlist.index.bloom import BloomFilter
from alpr_edge.hotlist.index.plate_keys import partial_key, plate_key, plate_keys

PLATES = st.text("0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ", min_size=1, max_size=PLATE_LENGTH_MAX)
PASSED_SHARE_MAX = 1 / 8


@given(st.lists(PLATES, min_size=1, max_size=50), st.sampled_from(["AB*", "1??2"]))
def test_every_key_held_passes(plates: list[str], partial: str) -> None:
    keys = np.sort(np.append(plate_keys(plates), np.uint64(partial_key(partial))))
    bloom_filter = BloomFilter(keys)
    assert all(map(bloom_filter.passes, keys.tolist()))


@pytest.mark.parametrize("count", [1_000, 99_999, 200_000])
def test_few_of_a_states_other_plates_pass(count: int) -> None:
    """Plates of one pattern, as a state gives them out in order."""
    plates = [f"{n % 10}ABC{n // 10 % 1000:03d}{n // 10_000:03d}" for n in range(2 * count)]
    bloom_filter = BloomFilter(plate_keys(plates[::2]))
    passes = [bloom_filter.passes(plate_key(plate)) for plate in plates[1::2]]
    assert sum(passes) / len(passes) <= PASSED_SHARE_MAX


def test_nothing_passes_an_empty_list() -> None:
    assert not BloomFilter(np.zeros(0, dtype=np.uint64)).passes(plate_key("1ABC234"))
