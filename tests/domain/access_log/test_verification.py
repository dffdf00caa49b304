"""Every single-byte change, removal, swap, cut and replay in a log of 20 is found, and 2,000 in one of 1,000."""

import functools
import random
from collections.abc import Sequence

import pytest

from alpr_edge.domain.access_log.verification import FINDINGS_MAX, LogVerifier
from alpr_edge.domain.log_proofs.merkle import CompactRange, hash_leaf
from tests.domain.access_log.entries import bodies

Log = list[bytes]
LEAF_OF = functools.lru_cache(maxsize=20_000)(hash_leaf)
"""Most records of a log of a thousand are the same in each of its changed forms."""
TWENTY, THOUSAND = bodies(20), bodies(1000)


def root_of(log: Sequence[bytes]) -> bytes:
    tree = CompactRange()
    for body in log:
        tree.append(LEAF_OF(body))
    return tree.root


ROOT_20, ROOT_1000 = {20: root_of(TWENTY)}, {1000: root_of(THOUSAND)}


def findings(log: Sequence[bytes], roots: dict[int, bytes]) -> list[str]:
    verifier = LogVerifier(roots)
    for sequence, body in enumerate(log):
        verifier.add(sequence, body)
    verifier.finish()
    return verifier.findings


def leads_to(log: Sequence[bytes], roots: dict[int, bytes]) -> bool:
    """Whether the tree alone, without any look into the records, gives a checkpoint's root."""
    return root_of(log) == roots.get(len(log))


def test_a_whole_log_has_no_findings() -> None:
    assert findings(TWENTY, ROOT_20) == []
    assert findings(THOUSAND, {**ROOT_1000, **ROOT_20, 0: root_of([])}) == []
    assert findings([*TWENTY, *bodies(25)[20:]], ROOT_20) == [], "records after the checkpoint"


@pytest.mark.parametrize("number", range(20))
def test_every_changed_byte_of_every_record_is_found(number: int) -> None:
    body = TWENTY[number]
    for place in range(len(body)):
        wrong = TWENTY.copy()
        wrong[number] = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
        assert not leads_to(wrong, ROOT_20)
    wrong[number] = body + b" "
    assert findings(wrong, ROOT_20)


def test_every_removal_cut_swap_and_replay_is_found() -> None:
    for first in range(20):
        assert findings(TWENTY[:first] + TWENTY[first + 1 :], ROOT_20), "removed"
        assert findings(TWENTY[:first], ROOT_20), "cut"
        for second in range(20):
            if first != second:
                assert findings(swap(TWENTY, first, second), ROOT_20), "swapped"
            assert findings([*TWENTY[:second], TWENTY[first], *TWENTY[second:]], ROOT_20), "put in again"
            replaced = [*TWENTY[:second], TWENTY[first], *TWENTY[second + 1 :]]
            assert first == second or findings(replaced, ROOT_20), "put in place of another"


@pytest.mark.parametrize("part", range(4))
def test_sampled_changes_of_a_thousand_records_are_found(part: int) -> None:
    draw = random.Random(part)
    for _ in range(500):
        assert not leads_to(spoil(THOUSAND, draw), ROOT_1000)


def test_a_record_put_behind_a_checkpoint_is_found_by_what_it_says_of_itself() -> None:
    assert findings([*TWENTY, TWENTY[4]], ROOT_20) == ["record 20 says that it is another one"]


def test_a_stored_hash_tells_which_record_was_changed() -> None:
    verifier = LogVerifier(ROOT_20)
    for sequence, body in enumerate(TWENTY):
        verifier.add(sequence, body.replace(b"p-17", b"p-18") if sequence == 7 else body, hash_leaf(body))
    verifier.finish()
    assert verifier.findings[0] == "record 7 was changed: it does not have its hash"
    assert "checkpoint at 20 does not fit" in verifier.findings[1]


def test_a_gap_in_the_numbers_is_found() -> None:
    verifier = LogVerifier({})
    for sequence in (0, 1, 3):
        verifier.add(sequence, TWENTY[sequence])
    assert verifier.findings[0].startswith("record 2 is missing")


def test_the_findings_are_bounded() -> None:
    assert len(findings(THOUSAND[::-1], ROOT_1000)) == FINDINGS_MAX


def swap(log: Log, first: int, second: int) -> Log:
    swapped = log.copy()
    swapped[first], swapped[second] = log[second], log[first]
    return swapped


def spoil(log: Log, draw: random.Random) -> Log:
    """A log with one change."""
    first, second = draw.sample(range(len(log)), 2)
    body = log[first]
    place = draw.randrange(len(body))
    changed_byte = body[:place] + bytes([body[place] ^ (1 << draw.randrange(8))]) + body[place + 1 :]
    return draw.choice(
        [
            [*log[:first], changed_byte, *log[first + 1 :]],
            log[:first] + log[first + 1 :],
            log[:first],
            swap(log, first, second),
            [*log[:second], log[first], *log[second:]],
            [*log[:second], log[first], *log[second + 1 :]],
        ]
    )
