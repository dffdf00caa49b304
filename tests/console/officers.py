"""Officers at the page in a browser: how they get there, and how often they touch it on their way."""

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Frame, Locator, Page, expect

from alpr_edge.web.visitor import COOKIE
from tests.console.page_rig import PageRig


def open_page(context: BrowserContext, rig: PageRig, person_id: str, origin: str = "") -> Page:
    """Open the page with a session of somebody, without the second that Argon2 takes."""
    address = origin or rig.origin
    cookie = {"name": COOKIE, "value": rig.token(person_id), "url": address, "secure": True, "sameSite": "Strict"}
    context.add_cookies([{**cookie, "httpOnly": True}])  # type: ignore[typeddict-item] # of playwright's dictionary
    page = context.new_page()
    page.goto(address)
    expect(page.locator("#live")).to_have_text("live")
    return page


TABLE = Path(__file__).with_name("touches.txt")
"""What each task costs: a way that grows longer is written into it, or made shorter."""
TOUCHES_MAX = 6
TOUCH_PX_MIN = 56
"""15 mm at 10 inch and 1280x800 (ISO 9241-411 names 22 mm for a moving car, ours is used at a stop)."""


@dataclass
class Hand:
    """Works a page as an officer does, and counts what it costs."""

    page: Page
    touches: int = 0
    characters: int = 0
    screens: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._see(self.page.main_frame)
        self.page.on("framenavigated", self._see)

    def _see(self, frame: Frame) -> None:
        if frame.url not in self.screens:
            self.screens.append(frame.url)

    def touch(self, target: Locator) -> None:
        """Touch a button or a field, which has to be large enough."""
        assert target.evaluate("it => (it.closest('label') ?? it).getBoundingClientRect().height") >= TOUCH_PX_MIN
        target.click()
        self.page.wait_for_load_state()
        self.page.evaluate("() => new Promise(requestAnimationFrame)")  # what is opened gets the focus by then
        self.touches += 1

    def type(self, target: Locator, text: str) -> None:
        """Type a text into a field, which is touched first where it has not the focus."""
        if not target.evaluate("it => it === document.activeElement"):
            self.touch(target)
        target.press_sequentially(text)
        self.characters += len(text)

    def check(self, task: str) -> None:
        """What was done since costs what the table says."""
        rows = [line.split() for line in TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        costs = {name: tuple(map(int, numbers)) for name, *numbers in rows}
        self.page.remove_listener("framenavigated", self._see)
        cost = (self.touches, self.characters, len(self.screens))
        assert costs[task] == cost, f"{task}: {cost}"
        assert self.touches <= TOUCHES_MAX
