"""Officers at the page in a browser: how they get there, and how often they touch it on their way."""

from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, Locator, Page, expect

from alpr_edge.console.visitor import COOKIE
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


@dataclass
class Hand:
    """Works a page as an officer does, and counts what it costs."""

    page: Page
    touches: int = 0
    characters: int = 0
    screens: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.screens.add(self.page.url)

    def touch(self, target: Locator) -> None:
        """Touch a button or a field."""
        target.click()
        self.page.wait_for_load_state()
        self.touches += 1
        self.screens.add(self.page.url)

    def type(self, target: Locator, text: str) -> None:
        """Touch a field and type a text."""
        self.touch(target)
        target.press_sequentially(text)
        self.characters += len(text)
