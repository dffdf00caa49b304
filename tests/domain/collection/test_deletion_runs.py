import hashlib

from alpr_edge.domain.collection.deletion_runs import NO_IDS, DeletionRun, chain_ids, root_of

COUNTS = {"reads": 3, "hits": 1, "pictures": 6, "items": 10, "held": 2}
RUN = DeletionRun(
    number=0, begun="a", ended="b", by="login:ana", state="CA", read_days=365.0, hit_days=400.0,
    law="a law", is_law_verified=False, ids_digest=NO_IDS, is_whole=True, is_clock_confirmed=False,
    **COUNTS,
)  # fmt: skip


def test_a_record_is_canonical_json() -> None:
    assert RUN.record == (
        b'{"begun":"a","by":"login:ana","ended":"b","held":2,"hit_days":400.0,"hits":1,"ids_digest":"' + b"0" * 64
        + b'","is_clock_confirmed":false,"is_law_verified":false,"is_whole":true,"items":10,"law":"a law",'
        b'"number":0,"pictures":6,"read_days":365.0,"reads":3,"state":"CA"}'
    )  # fmt: skip


def test_the_digest_of_ids_goes_on_where_it_ended() -> None:
    one = hashlib.sha256(f"{NO_IDS} u a".encode()).hexdigest()
    assert chain_ids(NO_IDS, []) == NO_IDS
    assert chain_ids(NO_IDS, ["u a"]) == one
    assert chain_ids(one, ["u b"]) == chain_ids(NO_IDS, ["u a", "u b"])
    assert chain_ids(NO_IDS, ["u b", "u a"]) != chain_ids(NO_IDS, ["u a", "u b"])


def test_the_root_is_that_of_rfc_6962() -> None:
    leaves = [hashlib.sha256(b"\0" + record).digest() for record in (b"1", b"2")]
    assert root_of([b"1"]) == leaves[0]
    assert root_of([b"1", b"2"]) == hashlib.sha256(b"\1" + leaves[0] + leaves[1]).digest()
