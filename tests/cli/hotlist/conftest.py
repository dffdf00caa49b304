"""The fixtures of the hotlist's own tests: a unit's lists, and its commands."""

from tests.hotlist.conftest import command, data, lists, loader, own_logs, settings, signed_in, time_daemon

__all__ = ["command", "data", "lists", "loader", "own_logs", "settings", "signed_in", "time_daemon"]
