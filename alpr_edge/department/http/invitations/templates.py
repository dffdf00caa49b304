"""The templates of the page of invitations."""

from pathlib import Path

from alpr_edge.web.page_templates import PageTemplates
from alpr_edge.web.site_files import SiteFiles

FOLDER = Path(__file__).parent
FILES = SiteFiles([FOLDER / "static"])
TEMPLATES = PageTemplates(FOLDER / "templates", functions={"file": FILES.address})
