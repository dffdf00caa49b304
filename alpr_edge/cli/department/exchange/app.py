"""``alpr-edge department exchange``: what goes out to other systems, and what is imported from them."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_TARGETS = "alpr_edge.cli.department.exchange.targets"
app = lazy_app(
    {
        "list": LazyTarget(f"{_TARGETS}:list_command", "Show each target, its approval and what waits"),
        "send": LazyTarget(f"{_TARGETS}:send_command", "Send what is new to each target"),
        "test": LazyTarget(f"{_TARGETS}:probe_command", "Post a test that is about no vehicle"),
        "retry": LazyTarget(f"{_TARGETS}:retry_command", "Send again what a target refused"),
        "sent": LazyTarget(f"{_TARGETS}:sent_command", "Show the record of what was sent, to whom and why"),
        "formats": LazyTarget(
            "alpr_edge.cli.department.exchange.formats:formats_command", "List or print templates and maps"
        ),
        "import": LazyTarget(
            "alpr_edge.cli.department.exchange.imports:import_command", "Import another system's reads from CSV"
        ),
    },
    help="Other systems: what goes out to them, and what is imported from them.",
)
