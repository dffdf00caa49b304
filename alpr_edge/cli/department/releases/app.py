"""Enters, shows and decides requests of other agencies; nothing is released by itself."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

app = lazy_app(
    {
        "enter": LazyTarget("alpr_edge.cli.department.releases.enter:enter_command", "Put a written request on file"),
        "list": LazyTarget("alpr_edge.cli.department.releases.show:list_command", "List requests and where they are"),
        "show": LazyTarget("alpr_edge.cli.department.releases.show:show_command", "Show one request, step by step"),
        "approve": LazyTarget(
            "alpr_edge.cli.department.releases.decide:approve_command", "Approve a request that another entered"
        ),
        "refuse": LazyTarget("alpr_edge.cli.department.releases.decide:refuse_command", "Refuse a request"),
        "withdraw": LazyTarget(
            "alpr_edge.cli.department.releases.decide:withdraw_command", "Note that the agency took it back"
        ),
        "hand-over": LazyTarget(
            "alpr_edge.cli.department.releases.decide:hand_over_command", "Note what was handed over, and how"
        ),
    },
    help="Requests of other agencies for data (policy 462.7).",
)
