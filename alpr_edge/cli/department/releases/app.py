"""Enters, shows and decides requests of other agencies; nothing is released by itself."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

app = lazy_app(
    {
        "enter": LazyTarget("alpr_edge.cli.department.releases.enter:enter_command", "Put a written request on file"),
        "list": LazyTarget("alpr_edge.cli.department.releases.show:list_command", "List requests and where they are"),
        "register": LazyTarget(
            "alpr_edge.cli.department.releases.register:register_command", "Print the register of a month or a year"
        ),
        "show": LazyTarget("alpr_edge.cli.department.releases.show:show_command", "Show one request, step by step"),
        "approve": LazyTarget(
            "alpr_edge.cli.department.releases.decide:approve_command", "Approve a request that another entered"
        ),
        "refuse": LazyTarget("alpr_edge.cli.department.releases.decide:refuse_command", "Refuse a request"),
        "withdraw": LazyTarget(
            "alpr_edge.cli.department.releases.decide:withdraw_command", "Note that the agency took it back"
        ),
        "package": LazyTarget(
            "alpr_edge.cli.department.releases.package:package_command",
            "Make the signed package of an approved request",
        ),
        "hand-over": LazyTarget(
            "alpr_edge.cli.department.releases.decide:hand_over_command", "Note what was handed over, and how"
        ),
        "confirm": LazyTarget(
            "alpr_edge.cli.department.releases.decide:confirm_command", "Note that the agency confirmed in writing"
        ),
        "report": LazyTarget(
            "alpr_edge.cli.department.releases.decide:report_command", "Note what the agency used it for"
        ),
    },
    help="Requests of other agencies for data (policy 462.7).",
)
