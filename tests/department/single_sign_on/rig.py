"""A department's page with a provider of single sign-on on this computer, whose subjects are called as the roles."""

import html
import re
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from alpr_edge.department.db.database import DepartmentDatabase
from alpr_edge.department.page.server import DepartmentPageServer
from alpr_edge.department.people.changes import Author
from alpr_edge.department.people.identity_links import IdentityLinks
from alpr_edge.department.settings import FILE_NAME
from tests.department.inquiries.inquirers import Inquirers
from tests.department.people.office import DOMAIN
from tests.department.single_sign_on.provider import CLIENT_ID, CLIENT_SECRET, Provider


@dataclass
class SignOnRig:
    """A page, its provider, and its people, who are linked by subjects that are called as their roles."""

    inquirers: Inquirers
    provider: Provider
    server: DepartmentPageServer

    def begin(self, client: httpx.Client) -> str:
        """Begin at the page and sign in at the provider; where the browser goes next, at the page."""
        begun = client.post("/single-sign-on", data={"acknowledged": "yes"})
        assert begun.status_code == 200, begun.text
        found = re.search(rf'href="({self.provider.issuer}/authorize[^"]+)"', begun.text)
        assert found is not None
        context = ssl.create_default_context(cafile=self.provider.authority)
        back = httpx.get(html.unescape(found[1]), verify=context, trust_env=False)
        address = httpx.URL(back.headers["location"])
        assert f"https://{address.netloc.decode()}{address.path}" == self.provider.answer_address
        return address.raw_path.decode()

    def sign_in(self, client: httpx.Client, subject: str) -> httpx.Response:
        self.provider.subject = subject
        return client.get(self.begin(client))


@contextmanager
def sign_on_rig(folder: Path) -> Iterator[SignOnRig]:
    """Serve both for as long as the block runs."""
    inquirers = Inquirers.make(folder / "department", now=datetime.now(UTC))
    provider, secret = Provider(folder), folder / "client-secret"
    secret.touch(mode=0o600)
    secret.write_text(f"{CLIENT_SECRET}\n")
    (inquirers.directory / FILE_NAME).write_text(
        f'[single_sign_on]\nissuer = "{provider.issuer}"\nclient_id = "{CLIENT_ID}"\nclient_secret = "{secret}"\n'
        f'ca_file = "{provider.authority}"\nacr_values = ["phr"]\n'
    )
    with closing(DepartmentDatabase(inquirers.directory, create=False)) as database:
        author = Author("login:chief", datetime.now(UTC))
        for role, person_id in inquirers.ids.items():
            IdentityLinks(database).link(author, person_id, provider.issuer, role)
    with closing(provider), DepartmentPageServer(inquirers.directory) as server:
        provider.answer_address = f"https://{DOMAIN}:{server.port}/single-sign-on/answer"
        yield SignOnRig(inquirers, provider, server)
