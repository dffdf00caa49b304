"""Answers with pictures."""

from starlette.responses import Response

_NAMED = {"Content-Disposition": 'inline; filename="picture.jpg"'}
"""What a picture is called that somebody saves: its address tells nothing, and neither does its name."""


def picture_response(jpeg: bytes) -> Response:
    """An answer that shows a picture, under one name for all of them."""
    return Response(jpeg, media_type="image/jpeg", headers=_NAMED)
