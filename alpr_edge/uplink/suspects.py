"""Finds out whether an item fails by itself, or the link or the department is down for every item.

One failure proves nothing. An item fails by itself when it failed alone, another item was delivered, and it failed
alone again. On a weak link any item may now and then fail without an answer (a time-out, a connection that was cut);
such a failure has to happen :data:`ROUNDS_WITHOUT_ANSWER` times.

Suspicion is kept in memory alone and ends with a restart; proven failures are counted in the outbox. An item that is
known to fail rests meanwhile, and what rests is kept in memory too.
"""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

SUSPECTS_MAX = 16
"""Most items under suspicion; the one suspected longest is forgotten first. After an outage each is sent alone."""
ROUNDS_WITHOUT_ANSWER = 3
RESTING_MAX = 1000
"""Most items that rest at a time; the one that has rested longest is tried again first."""


@dataclass(slots=True)
class _Suspect:
    """An item that failed alone."""

    others_passed: bool = False
    """Whether another item got through since."""
    rounds: int = 0
    """How often it failed again although another had got through."""


class Suspects:
    """Items that failed when they were sent alone, and may be to blame themselves."""

    def __init__(self) -> None:
        self._suspects: OrderedDict[str, _Suspect] = OrderedDict()

    def __len__(self) -> int:
        """Number of items under suspicion."""
        return len(self._suspects)

    @property
    def ids(self) -> list[str]:
        """Ids of all of them; other items are sent until one is delivered."""
        return list(self._suspects)

    @property
    def next_alone(self) -> str | None:
        """The one to send again now, by itself, because another item got through; None when none is."""
        return next((item_id for item_id, suspect in self._suspects.items() if suspect.others_passed), None)

    def fail(self, item_id: str, *, has_answer: bool) -> bool:
        """Note that an item failed when it was sent alone.

        Args:
            has_answer: whether the department answered (5xx), or nothing came.

        Returns:
            Whether it is known now to fail by itself; it is under suspicion no more then.
        """
        suspect = self._suspects.setdefault(item_id, _Suspect())
        suspect.rounds += suspect.others_passed
        # Whether the link works is no longer known.
        for each in self._suspects.values():
            each.others_passed = False
        if suspect.rounds >= (1 if has_answer else ROUNDS_WITHOUT_ANSWER):
            del self._suspects[item_id]
            return True
        while len(self._suspects) > SUSPECTS_MAX:
            self._suspects.popitem(last=False)
        return False

    def note_passed(self, item_ids: Iterable[str]) -> None:
        """Note that items got through: they are cleared, and the others are to be tried again."""
        for item_id in item_ids:
            self._suspects.pop(item_id, None)
        for suspect in self._suspects.values():
            suspect.others_passed = True

    def clear(self, item_id: str) -> None:
        """Forget an item that is not due any more."""
        self._suspects.pop(item_id, None)


class RestingItems:
    """Items that are not tried again before a moment of this boot, as they fail by themselves."""

    def __init__(self) -> None:
        self._until_ns: dict[str, int] = {}

    def add(self, item_id: str, until_ns: int) -> None:
        """Let an item rest until a moment of this boot."""
        self._until_ns.pop(item_id, None)
        self._until_ns[item_id] = until_ns
        while len(self._until_ns) > RESTING_MAX:
            del self._until_ns[next(iter(self._until_ns))]

    def ids_at(self, now_ns: int) -> list[str]:
        """Ids of the items that rest at a moment; the others are forgotten."""
        self._until_ns = {item: until for item, until in self._until_ns.items() if until > now_ns}
        return list(self._until_ns)

    def clear(self) -> None:
        """Let none rest any more."""
        self._until_ns.clear()
