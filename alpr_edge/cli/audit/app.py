"""``alpr-edge audit``: the noun's commands, each in the file of what it does."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_PACKAGE = "alpr_edge.cli.audit"

app = lazy_app(
    {
        "verify": LazyTarget(f"{_PACKAGE}.verification:verify", "Verify every record against the checkpoints"),
        "key": LazyTarget(f"{_PACKAGE}.verification:show_key", "Show the log's public key, which others keep"),
        "drift": LazyTarget(f"{_PACKAGE}.drift:drift", "Compare what is in force with the log"),
        "prove": LazyTarget(f"{_PACKAGE}.proofs:prove", "Print one record with its proof"),
        "check": LazyTarget(f"{_PACKAGE}.proofs:check", "Check a proof, without the log or its database"),
        "deletions": LazyTarget(f"{_PACKAGE}.deletions:deletions", "Show what retention deleted, or that it did"),
        "report": LazyTarget(f"{_PACKAGE}.reports:report", "Report on the accesses of some days"),
        "review": LazyTarget(f"{_PACKAGE}.reports:review", "Note on record that a week was reviewed"),
    },
    help="Verify the access log, prove single records of it, report on it.",
)
