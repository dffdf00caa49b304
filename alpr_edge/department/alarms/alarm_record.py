"""What each channel was told, so that an alarm is told once as it begins, once a day while it lasts, and as it ends."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from alpr_edge.department.alarms.alarm import UNSEEN, Alarm
from alpr_edge.domain.errors import DepartmentError
from alpr_edge.domain.instants import rfc3339
from alpr_edge.runtime.durable_files import replace_file
from alpr_edge.runtime.io_errors import io_errors

FILE_NAME = "alarms.json"


@dataclass(frozen=True, slots=True)
class AlarmNotice:
    """What one channel is to tell."""

    begun: tuple[str, ...]
    """Texts of the alarms that are new to it."""
    standing: tuple[str, ...]
    """Those told before that still stand, if it is time to say so again."""
    over: tuple[str, ...]
    """Those told before that stand no more, as they were told last."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.begun or self.standing or self.over)


class AlarmRecord:
    """The record of what was told, a file in the department's folder."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE_NAME
        self._told: dict[str, dict[str, dict[str, str]]] = self._load()
        """By channel and subject the text, and when it was told last."""

    def notice(self, channel: str, alarms: Iterable[Alarm], now: datetime, remind: timedelta) -> AlarmNotice:
        told, standing = self._told.get(channel, {}), {alarm.subject: alarm.text for alarm in alarms}
        due = (now - remind).timestamp()
        again = {subject for subject in standing if subject in told and _time_of(told[subject]) <= due}
        return AlarmNotice(
            begun=tuple(text for subject, text in standing.items() if subject not in told),
            standing=tuple(text for subject, text in standing.items() if subject in again),
            over=()
            if UNSEEN in standing
            else tuple(each["text"] for name, each in told.items() if name not in standing),
        )

    def note(self, channel: str, alarms: Iterable[Alarm], now: datetime, remind: timedelta) -> None:
        """Note that a channel told its notice."""
        before, due, alarms = self._told.get(channel, {}), (now - remind).timestamp(), tuple(alarms)
        # Of an alarm that cannot be looked for, nobody knows whether it is over.
        after = dict(before) if UNSEEN in {alarm.subject for alarm in alarms} else {}
        for alarm in alarms:
            known = before.get(alarm.subject)
            at = rfc3339(now) if known is None or _time_of(known) <= due else known["told"]
            after[alarm.subject] = {"text": alarm.text, "told": at}
        self._told[channel] = after
        with io_errors(f"{self._path}: cannot be written", DepartmentError):
            replace_file(self._path, json.dumps(self._told, indent=1).encode())

    def _load(self) -> dict[str, dict[str, dict[str, str]]]:
        try:
            content: Any = json.loads(self._path.read_bytes())
            for told in content.values():
                for each in told.values():
                    _time_of(each)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            text = "remove it, and all that is wrong is told again"
            raise DepartmentError(f"{self._path}: cannot be read or is damaged; {text}") from None
        return dict(content)


def _time_of(told: Mapping[str, str]) -> float:
    """When an alarm was told last, in seconds since 1970."""
    return datetime.fromisoformat(told["told"]).timestamp()
