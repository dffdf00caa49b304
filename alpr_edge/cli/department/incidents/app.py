"""Incidents, entered, followed up, closed and listed; each command in the file of what it does."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_PACKAGE = "alpr_edge.cli.department.incidents"

app = lazy_app(
    {
        "enter": LazyTarget(f"{_PACKAGE}.entries:enter_command", "Put an incident on file"),
        "follow-up": LazyTarget(f"{_PACKAGE}.entries:follow_up_command", "Add what was learnt or done since"),
        "close": LazyTarget(f"{_PACKAGE}.entries:close_command", "Close an incident"),
        "list": LazyTarget(f"{_PACKAGE}.register:list_command", "List incidents, the open ones marked"),
        "show": LazyTarget(f"{_PACKAGE}.register:show_command", "Show one incident, step by step"),
        "register": LazyTarget(f"{_PACKAGE}.register:register_command", "Print the register, for the file"),
    },
    help="Incidents: what went wrong, who was told, how it ended (policy 462.6).",
)
