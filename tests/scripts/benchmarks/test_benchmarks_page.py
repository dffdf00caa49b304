"""The benchmark of the page: what it notes in a browser, and a short run of all of it."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from alpr_edge.domain.people.person import Role
from alpr_edge.runtime.boot import boottime_ns
from alpr_edge.web.visitor import COOKIE
from scripts.benchmarks.page.browser import chromium, first_paint_ms, open_page
from scripts.benchmarks.page.measure import LIMITS
from scripts.benchmarks.page.streams import listening
from scripts.benchmarks.page.unit import PageUnit
from tests.console.page_rig import PageRig
from tests.department.waits import wait_until
from tests.scripts.benchmarks.benchmark_data import ROOT, bench
from tests.staff import staff_person

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageRig]:
    rig = PageRig(tmp_path_factory.mktemp("page"), (staff_person("ana", Role.OFFICER),))
    with rig.serving():
        rig.add_hit(1)
        yield rig


@pytest.fixture(scope="module")
def unit(rig: PageRig) -> PageUnit:
    return PageUnit(rig.settings_file, rig.certificate, rig.port, "", "")


@pytest.fixture(scope="module")
def browser(unit: PageUnit, require_tool: Callable[[str], str]) -> Iterator[Browser]:
    require_tool("chromium")
    with chromium(unit) as browser:
        yield browser


def test_cards_are_dated_by_the_clock_of_tones(rig: PageRig, unit: PageUnit, browser: Browser) -> None:
    with open_page(browser, unit, rig.token("ana")) as page:
        before_ns = boottime_ns()
        made = rig.add_hit(2)
        wait_until(lambda: page.pictured_ns().keys() >= {made.hit_id})
        painted_ns, after_ns = page.painted_ns()[made.hit_id], boottime_ns()
        slack_ns = 2e6 * page.clock().uncertainty_ms
        assert before_ns - slack_ns <= painted_ns <= after_ns + slack_ns
        assert page.is_live()


def test_a_page_that_was_just_made_does_not_ask_for_itself_again(
    rig: PageRig, browser: Browser, unit: PageUnit
) -> None:
    with closing(browser.new_context()) as context:
        context.add_cookies([{"name": COOKIE, "value": rig.token("ana"), "url": unit.origin, "secure": True}])
        page, asked = context.new_page(), list[str]()
        page.on("request", lambda request: asked.append(request.url))
        page.goto(unit.origin)
        expect(page.locator("#live")).to_have_text("live")
        page.wait_for_timeout(1000)
        assert asked.count(f"{unit.origin}/") == 1
        made = rig.add_hit(4)
        expect(page.locator(f'[data-glance="{made.hit_id}"]')).to_be_attached()


def test_a_first_load_is_timed_and_further_pages_listen(rig: PageRig, unit: PageUnit, browser: Browser) -> None:
    token = rig.token("ana")
    assert first_paint_ms(browser, unit, token) > 0
    with listening(unit.origin, unit.trust, [token] * 2) as listeners:
        wait_until(lambda: all(each.beats_heard > 0 for each in listeners))
        told = [each.hits_heard for each in listeners]
        rig.add_hit(3)
        wait_until(lambda: all(each.hits_heard > count for each, count in zip(listeners, told, strict=True)))


@pytest.mark.slow
def test_all_of_it_is_measured_beside_a_unit_that_reads(tmp_path: Path, require_tool: Callable[[str], str]) -> None:
    require_tool("chromium")
    few = ("--frames", "6", "--rounds", "1", "--seconds", "5", "--table")
    done = bench(tmp_path, "--models", str(ROOT / "models"), *few, which="page")
    assert done.returncode == 0, done.stderr
    figures = {line["figure"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert {name: line["against"]["limit"] for name, line in figures.items()} == LIMITS
    cards = figures["page.tone_to_card_p99_ms"]
    assert 0 < cards["median"] <= cards["value"] <= cards["longest"]
    assert (cards["of"] > 0, cards["not_painted"]) == (True, 0)
    assert figures["page.frames_ratio"]["of"] == 1
    assert figures["page.capture_to_tone_ratio"]["of"][0] == cards["of"]
    assert figures["page.first_paint_vs_bare"]["of"] == figures["page.load_cpu_ms"]["of"] == 20
    assert list(tmp_path.iterdir()) == []
    assert "<= 150" in done.stderr


def test_a_part_that_is_none_is_refused(tmp_path: Path) -> None:
    done = bench(tmp_path, "--only", "everything", which="page")
    assert done.returncode == 2
    assert "unknown: everything; there: idle, rounds, first_paint" in done.stderr
