"""``alpr-edge audit``: the noun's commands, each in the file of what it does."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_PACKAGE = "alpr_edge.cli.audit"

app = lazy_app(
    {
        "verify": LazyTarget(f"{_PACKAGE}.verification:verify", "Verify every record against the checkpoints"),
        "key": LazyTarget(f"{_PACKAGE}.verification:show_key", "Show the public key of the log"),
        "drift": LazyTarget(f"{_PACKAGE}.drift:drift", "Compare the current state with the log"),
        "prove": LazyTarget(f"{_PACKAGE}.proofs:prove", "Print one record with its proof"),
        "check": LazyTarget(f"{_PACKAGE}.proofs:check", "Check a proof, without the log or its database"),
        "deletions": LazyTarget(f"{_PACKAGE}.deletions:deletions", "Show what retention deleted"),
        "report": LazyTarget(f"{_PACKAGE}.reports:report", "Report accesses for a period"),
        "review": LazyTarget(f"{_PACKAGE}.reports:review", "Record that a week was reviewed"),
    },
    help="Verify the access log, prove its records, report on it.",
)
