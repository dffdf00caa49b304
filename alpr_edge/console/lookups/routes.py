"""The addresses of searches and entries: none of them tells a plate."""

from dataclasses import asdict

from starlette.responses import JSONResponse

from alpr_edge.console.lookups.entry_pages import EntryPages
from alpr_edge.console.lookups.follow_pages import FollowPages
from alpr_edge.console.lookups.navigation import waiting_for
from alpr_edge.console.lookups.search_pages import SearchPages
from alpr_edge.console.page_parts import PageRoute
from alpr_edge.console.unit import ConsoleUnit


def lookup_routes(unit: ConsoleUnit) -> list[PageRoute]:
    search, entries, follow = SearchPages(unit), EntryPages(unit), FollowPages(unit)
    return [
        ("/waiting", "GET", lambda visitor: JSONResponse(asdict(waiting_for(unit, visitor)))),
        ("/reads", "GET", follow.show_form),
        ("/reads", "POST", follow.begin),
        ("/reads/{follow_id}", "GET", follow.show),
        ("/reads/{follow_id}/{read_id}", "GET", follow.crop),
        ("/cameras", "GET", follow.show_cameras),
        ("/cameras/{follow_id}/{camera_id}", "GET", follow.camera),
        ("/search", "GET", search.show),
        ("/search", "POST", search.begin),
        ("/search/{search_id}/change", "GET", search.change),
        ("/search/{search_id}/untimed", "POST", search.begin_untimed),
        ("/search/{search_id}/hold", "POST", search.hold),
        ("/search/{search_id}/reads/{read_id}/hold", "POST", search.hold_read),
        ("/search/{search_id}/{page}", "GET", search.results),
        ("/search/{search_id}/reads/{read_id}", "GET", search.read),
        ("/search/{search_id}/reads/{read_id}/pictures/{kind}", "GET", search.picture),
        ("/entries", "GET", entries.show),
        ("/entries", "POST", entries.begin),
        ("/entries/new", "GET", entries.show_form),
        ("/entries/new", "POST", entries.add),
        ("/entries/added/{addition_id}", "GET", entries.addition),
        ("/entries/{entries_id}", "GET", entries.entries),
        ("/entries/{entries_id}/remove", "POST", entries.remove),
    ]
