"""The addresses of canvasses: none of them tells a plate."""

from alpr_edge.console.canvass.canvass_pages import PATH, CanvassPages
from alpr_edge.console.canvass.drawing_pages import DrawingPages
from alpr_edge.console.page_parts import PageRoute
from alpr_edge.console.unit import ConsoleUnit


def canvass_routes(unit: ConsoleUnit) -> list[PageRoute]:
    pages = CanvassPages(unit)
    drawing = DrawingPages(unit, pages)
    return [
        (PATH, "GET", pages.show),
        (PATH, "POST", pages.start),
        (f"{PATH}/draw", "POST", drawing.begin),
        (f"{PATH}/draw/{{draft_id}}", "GET", drawing.show),
        (f"{PATH}/draw/{{draft_id}}", "POST", drawing.change),
        (f"{PATH}/draw/{{draft_id}}/map.svg", "GET", drawing.map),
        (f"{PATH}/draft/{{draft_id}}", "GET", drawing.form),
        (f"{PATH}/{{canvass_id}}/end", "POST", pages.end),
        (f"{PATH}/{{canvass_id}}/{{page}}", "GET", pages.result),
        (f"{PATH}/{{canvass_id}}/reads/{{read_id}}/{{kind}}", "GET", pages.picture),
    ]
