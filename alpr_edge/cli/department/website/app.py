"""``alpr-edge department website``: months in counts and the policy as in force, as a static site."""

from alpr_edge.cli.lazy import LazyTarget, lazy_app

_HERE = "alpr_edge.cli.department.website"

app = lazy_app(
    {
        "publish": LazyTarget(f"{_HERE}.site:publish_command", "Publish a month in counts, once it is over"),
        "correct": LazyTarget(f"{_HERE}.site:correct_command", "Count a published month again, and say why"),
        "write": LazyTarget(f"{_HERE}.site:write_command", "Write the site: months and the policy in force"),
        "check": LazyTarget(f"{_HERE}.site:check_command", "Check a copy of the site, on any computer"),
    },
    help="The site for the public: a month in counts, and the policy in force.",
)
