"""Scenes of reads at the page: as large as their cars keep them only for whoever may see the hit that they are of."""

import re
from typing import Any

import httpx
import pytest

from alpr_edge.department.inquiries.office import open_office
from alpr_edge.department.page.server import DepartmentPageServer
from tests.department.inquiries.hits.board_office import FEDERAL, deliver
from tests.department.inquiries.inquirers import Inquirers, changed_person
from tests.department.interchange.exchange_office import hit_item_of, read_item_of, read_now
from tests.department.page.page_office import CROP, client_of, search_word
from tests.department.scenes import LARGE_SCENE, SMALL_SCENE, is_plain_scene, scene_item

SCENES: dict[str, tuple[bytes, dict[str, Any] | None]] = {
    "no hit": (LARGE_SCENE, None),
    "no hit, small": (SMALL_SCENE, None),
    "hit": (LARGE_SCENE, {}),
    "covert hit": (LARGE_SCENE, {"covert": True}),
    "hit of a list that is not theirs": (LARGE_SCENE, {"source": FEDERAL}),
}
"""By what there is of a read: its scene as its car sent it, and its hit."""
PLATES = {name: f"7SCE{number:03}" for number, name in enumerate(SCENES)}


def scene_at_page(client: httpx.Client, name: str) -> bytes:
    """The scene of a read that a search finds."""
    page = client.get(f"/search/{search_word(client, plate=PLATES[name])}/1")
    read = client.get(re.findall(r'href="(/search/[\w-]+/1/1)"', page.text)[0]).text
    return client.get(re.findall(r'src="(/pictures/[\w-]+)"', read)[-1]).content


@pytest.mark.review2(8)
def test_a_scene_tells_of_no_hit_that_the_person_may_not_see(
    inquirers: Inquirers, server: DepartmentPageServer
) -> None:
    for number, (name, (scene, of_hit)) in enumerate(SCENES.items()):
        read = read_now(f"scene-{number}", PLATES[name])
        deliver(inquirers.directory, scene_item(scene))
        deliver(inquirers.directory, read_item_of(read, (CROP, scene)))
        if of_hit is not None:
            deliver(inquirers.directory, hit_item_of(read, **of_hit))
    with client_of(inquirers, server, "officer") as client:
        scenes = {name: scene_at_page(client, name) for name in SCENES}
    assert scenes["hit"] == LARGE_SCENE
    assert is_plain_scene(scenes["no hit, small"]), "made anew as well: that a picture was is no sign either"
    assert is_plain_scene(scenes["no hit"])
    for name in ("covert hit", "hit of a list that is not theirs"):
        assert scenes[name] == scenes["no hit"], name
    with (
        open_office(inquirers.directory) as office,
        changed_person(office, inquirers.ids["supervisor"], has_covert_clearance=True),
        client_of(inquirers, server, "supervisor") as client,
    ):
        assert scene_at_page(client, "covert hit") == LARGE_SCENE
