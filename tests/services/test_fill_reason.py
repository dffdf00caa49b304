import pytest

from alpr_edge.services.fill_reason import fill_reason


@pytest.mark.parametrize(
    ("fill", "disk_share", "quota_share", "words"),
    [
        ("room", 0.3, 0.1, ""),
        ("red", 0.76, 0.1, "the ballast holds 0 of 64 MB, and until it is whole no read is kept"),
        ("amber", 0.92, 0.1, "the whole disk is 92% full"),
        ("amber", 0.3, 0.95, "reads that may not be deleted fill 95% of their quota"),
    ],
)
def test_a_disk_is_graded_for_a_reason(fill: str, disk_share: float, quota_share: float, words: str) -> None:
    figures = {
        "fill": fill,
        "disk_share": disk_share,
        "quota_share": quota_share,
        "ballast_bytes": 0,
        "ballast_wanted_bytes": 64_000_000,
    }
    reason = fill_reason(figures)
    assert reason.startswith(words)
    assert bool(reason) == ("delete no file by hand" in reason)
