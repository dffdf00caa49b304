"""What is told of an address, and what is not."""

from alpr_edge.settings.base import without_secrets


def test_an_address_is_told_without_its_secrets() -> None:
    assert without_secrets("rtsp://user:p@ss@10.0.0.5:554/live?pw=x#y") == "rtsp://10.0.0.5:554/live"
    for password in ("ab/cd", "ab?cd", "ab#cd"):
        assert without_secrets(f"rtsp://admin:{password}@10.0.0.5/live") == "rtsp://..."
