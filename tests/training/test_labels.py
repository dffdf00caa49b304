"""Which text a real crop is learnt with."""

import pytest

from plate_training.data.labels import text_for


@pytest.mark.parametrize(
    ("region", "source_text", "own", "others", "text"),
    [
        ("br", "ABC1234", "ABC1Z34", {"ABC1234"}, "ABC1234"),  # borne out
        ("br", "DTN3210", "ITN3210", {"ITN3210", "RIO"}, "ITN3210"),  # contradicted by both
        ("br", "DTN3210", "ITN3210", {"1TN3210"}, None),  # nobody agrees
        ("br", "DTN3210", "DTN3210", set[str](), None),  # our reader may have learnt it
        ("br", "DTN3210", "RIO", {"RIO"}, None),  # no plate of this region
        ("us", "2515", "2211", {"BR2515"}, "2515"),  # stands until both contradict it
        ("us", "I64081", "164081", {"164081"}, "164081"),
        ("eu", "", "1CDI950", {"1CDI950"}, "1CDI950"),
        ("eu", "", "1CDI950", {"ICDI950"}, None),
    ],
)
def test_a_text_needs_a_second_reader(
    region: str, source_text: str, own: str, others: set[str], text: str | None
) -> None:
    assert text_for(region, source_text, own, others) == text
