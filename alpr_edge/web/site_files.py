"""The files that a site's pages need beside themselves: style sheets, scripts, typefaces, icons.

They say nothing of anybody. They are held in memory and answered without a thread, and their address has a digest of
them all in it, so that a browser keeps them for good and asks anew once a release changed one.
"""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alpr_edge.web.page_security import FILES_PATH

_FOLDER = Path(__file__).parent
SHARED_FOLDERS = (_FOLDER / "static", _FOLDER / "vendor")
"""What every site has: our own files, and those of others."""
MAP_FOLDERS = (_FOLDER / "maps" / "static", _FOLDER / "maps" / "vendor")
"""The files of sites with maps."""
_DIGEST_CHARACTERS = 16
_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml; charset=utf-8",
    ".woff2": "font/woff2",
}


class SiteFiles:
    """The files of one site, which lie in one folder for a browser."""

    def __init__(
        self, folders: Sequence[Path], joined: Mapping[str, Sequence[str]] | None = None, within: Sequence[str] = ()
    ) -> None:
        paths = [
            path for each in (*SHARED_FOLDERS, *folders) for path in sorted(each.iterdir()) if path.suffix in _TYPES
        ]
        self._contents = {path.name: path.read_bytes() for path in paths}
        for name, parts in (joined or {}).items():
            self._contents[name] = b"\n".join(self._contents.pop(part) for part in parts)
        self._digest = sha256(repr(sorted(self._contents.items())).encode()).hexdigest()[:_DIGEST_CHARACTERS]
        self.route = Route(f"{FILES_PATH}/{{digest}}/{{name}}", self._answer, methods=["GET"])
        """Where they are served."""
        self._within = {name: self._text(name) for name in within}

    @property
    def policy_sources(self) -> dict[str, str]:
        """What the policy of pages says of the files within them, by directive (CSP level 3, 6.7.2.3)."""
        directives = {".css": "style-src", ".js": "script-src"}
        return {directives[Path(name).suffix]: _hash_source(text) for name, text in self._within.items()}

    def within(self, name: str) -> Markup:
        """The text of a file that stands within each page."""
        return Markup(self._within[name])  # noqa: S704 - of a file of the release

    def address(self, name: str) -> str:
        """The address of a file; a template that names another than there are is at fault."""
        if name not in self._contents:
            raise LookupError(f"{name}: the site has no such file")
        return f"{FILES_PATH}/{self._digest}/{name}"

    def _text(self, name: str) -> str:
        """A file as it stands within a page: what it names beside itself by its whole address."""
        return self._contents[name].decode().replace('url("', f'url("{FILES_PATH}/{self._digest}/')

    async def _answer(self, request: Request) -> Response:
        name = request.path_params["name"]
        if request.path_params["digest"] != self._digest or name not in self._contents:
            raise HTTPException(404)
        return Response(self._contents[name], media_type=_TYPES[Path(name).suffix])


def _hash_source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
