"""Audits of who looked at what, at the department and in the cars; each command in the file of what it does."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_PACKAGE = "alpr_edge.cli.department.audits"

app = lazy_app(
    {
        "verify": LazyTarget(f"{_PACKAGE}.access_log:verify_command", "Check the access log"),
        "list": LazyTarget(f"{_PACKAGE}.access_log:list_command", "List the newest records"),
        "plan": LazyTarget(f"{_PACKAGE}.draw:plan_command", "Show which audits there are, and what is due"),
        "draw": LazyTarget(f"{_PACKAGE}.draw:draw_command", "Draw the next audit's sample by a recorded seed"),
        "show": LazyTarget(f"{_PACKAGE}.report:show_command", "Show the records of an audit's sample"),
        "review": LazyTarget(f"{_PACKAGE}.review:review_command", "Note what you found of some records"),
        "sign-off": LazyTarget(f"{_PACKAGE}.review:sign_off_command", "Sign off an audit that others reviewed"),
        "report": LazyTarget(f"{_PACKAGE}.report:report_command", "Report on an audit, for the file"),
        "household": LazyTarget(f"{_PACKAGE}.declarations:household_command", "Declare your own household's plates"),
        "shift": LazyTarget(f"{_PACKAGE}.declarations:shift_command", "Declare the hours of somebody's shift"),
        "checkpoint": LazyTarget(f"{_PACKAGE}.proofs:checkpoint_command", "Write the log's signed checkpoint"),
        "prove": LazyTarget(f"{_PACKAGE}.proofs:prove_command", "Print one record with its proof"),
    },
    help="Audit who looked at what: sample, review, sign-off, proofs (policy 462.6(c)).",
)
