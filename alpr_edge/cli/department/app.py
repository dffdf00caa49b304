"""``alpr-edge department``: the receiving side."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

app = lazy_app(
    {
        "init": LazyTarget("alpr_edge.cli.department.certificates:init_command", "Make a department in a folder"),
        "renew": LazyTarget("alpr_edge.cli.department.certificates:renew_command", "Renew the server's certificate"),
        "migrate": LazyTarget(
            "alpr_edge.cli.department.databases:migrate_command", "Bring the database up to date; encrypt old bodies"
        ),
        "copy": LazyTarget(
            "alpr_edge.cli.department.databases:copy_command", "Move the database from the folder to PostgreSQL"
        ),
        "backup": LazyTarget(
            "alpr_edge.cli.department.backups:backup_command", "Back up database, pictures and lists while it serves"
        ),
        "restore": LazyTarget(
            "alpr_edge.cli.department.backups:restore_command", "Restore a backup into an empty folder"
        ),
        "drill": LazyTarget(
            "alpr_edge.cli.department.backups:drill_command", "Try a backup out: restore it beside and compare it"
        ),
        "check": LazyTarget("alpr_edge.cli.department.check:check_command", "Check whether it can serve, part by part"),
        "serve": LazyTarget("alpr_edge.cli.department.serve:serve_command", "Serve units until interrupted"),
        "metrics": LazyTarget(
            "alpr_edge.cli.department.serve:metrics_command", "Serve metrics to Prometheus on this computer"
        ),
        "status": LazyTarget("alpr_edge.cli.department.status:status_command", "Show numbers, dates and what to do"),
        "alarms": LazyTarget("alpr_edge.cli.department.alarms:alarms_command", "Tell people what is wrong"),
        "verify": LazyTarget("alpr_edge.cli.department.status:verify_command", "Check all that is stored"),
        "code": LazyTarget("alpr_edge.cli.department.units:code_command", "Make a one-time code to enroll a unit"),
        "unit": LazyTarget("alpr_edge.cli.department.units:app", "List, revoke and add units"),
        "people": LazyTarget("alpr_edge.cli.department.people.app:app", "Add, change, suspend and invite people"),
        "roster": LazyTarget("alpr_edge.cli.department.rosters:app", "Publish and show the list of people for units"),
        "settings": LazyTarget(
            "alpr_edge.cli.department.unit_settings.app:app", "Set retention, sounds and limits in units from afar"
        ),
        "publish": LazyTarget("alpr_edge.cli.department.lists:publish_command", "Publish a hotlist for the units"),
        "lists": LazyTarget("alpr_edge.cli.department.lists:lists_command", "Show the published lists"),
        "withdraw": LazyTarget("alpr_edge.cli.department.lists:withdraw_command", "Withdraw a published list"),
        "audience": LazyTarget("alpr_edge.cli.department.lists:audience_command", "Say which units a list is for"),
        "holds": LazyTarget("alpr_edge.cli.department.holds:app", "Keep reads from deletion in the cars, for a case"),
        "purge": LazyTarget("alpr_edge.cli.department.deletions:purge_command", "Delete what was kept long enough"),
        "report": LazyTarget(
            "alpr_edge.cli.department.reports:report_command", "Count a month by unit: reads, hits, misreads"
        ),
        "deletions": LazyTarget("alpr_edge.cli.department.deletions:app", "Show and check the record of deletions"),
        "images": LazyTarget("alpr_edge.cli.department.images.app:app", "Check, move and encrypt images"),
        "keys": LazyTarget("alpr_edge.cli.department.images.keys:app", "Make, list and rotate the keys of images"),
        "import": LazyTarget("alpr_edge.cli.department.media:import_command", "Store what lies on portable media"),
        "exchange": LazyTarget(
            "alpr_edge.cli.department.exchange.app:app", "Other systems: what goes out, what is imported"
        ),
        "evidence": LazyTarget(
            "alpr_edge.cli.department.evidence.app:app", "List evidence packages and open their passphrases"
        ),
        "acknowledge": LazyTarget(
            "alpr_edge.cli.department.access_logs:acknowledge_command", "End findings about a unit's access log"
        ),
        "sign-in": LazyTarget(
            "alpr_edge.cli.department.inquiries.sign_in:sign_in_command", "Sign in at the department"
        ),
        "sign-out": LazyTarget(
            "alpr_edge.cli.department.inquiries.sign_in:sign_out_command", "End your session at the department"
        ),
        "password": LazyTarget(
            "alpr_edge.cli.department.inquiries.password:password_command", "Change your own password"
        ),
        "search": LazyTarget(
            "alpr_edge.cli.department.inquiries.search:search_command", "Search the reads of all units"
        ),
        "saved-searches": LazyTarget(
            "alpr_edge.cli.department.inquiries.saved_searches:app", "Save searches to run them again, for some days"
        ),
        "page": LazyTarget(
            "alpr_edge.cli.department.inquiries.page:page_command", "Serve the page on which people search"
        ),
        "audit": LazyTarget(
            "alpr_edge.cli.department.audits.app:app", "Audit who looked at what: sample, review, sign-off, proofs"
        ),
        "incident": LazyTarget(
            "alpr_edge.cli.department.incidents.app:app", "Incidents: what went wrong, who was told, how it ended"
        ),
        "release": LazyTarget(
            "alpr_edge.cli.department.releases.app:app", "Requests of other agencies for data, and who approved them"
        ),
        "policy": LazyTarget(
            "alpr_edge.cli.department.website.policy:policy_command", "Show the usage and privacy policy in force"
        ),
        "website": LazyTarget(
            "alpr_edge.cli.department.website.app:app", "The site for the public: months in counts, the policy"
        ),
        "key": LazyTarget("alpr_edge.cli.department.media:key_command", "Print the public key for portable media"),
    },
    help="The department's storage: take what units deliver, store it once.",
)
