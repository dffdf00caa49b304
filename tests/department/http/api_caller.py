"""A unit that sends what it was told to, to both ports of a department, without the uplink's code."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import requests
import schemathesis
from schemathesis.core.result import Ok

from alpr_edge.domain.protocol.enrolment import AUTHORITY_PATH, ENROL_PATH

Operation = schemathesis.APIOperation[Any, Any, Any, Any]

AT_ENROLMENT = {AUTHORITY_PATH, ENROL_PATH}


@dataclass(frozen=True, slots=True)
class ApiCaller:
    """A unit with its certificate."""

    unit_id: str
    files: Path
    port: int
    enrol_port: int | None
    session: requests.Session

    @property
    def headers(self) -> dict[str, str]:
        return {"Alpr-Edge-Unit": self.unit_id, "Alpr-Edge-Protocol": "1"}

    def check(self, case: schemathesis.Case[Any], checks: list[Any]) -> None:
        """Send a request, and check its answer."""
        port = self.enrol_port if case.operation.path in AT_ENROLMENT else self.port
        certificate = str(self.files / "unit.pem"), str(self.files / "unit.key")
        authority = str(self.files / "department-ca.pem")
        url = f"https://127.0.0.1:{port}"
        answer = case.call(base_url=url, session=self.session, cert=certificate, verify=authority, timeout=30)
        case.validate_response(answer, checks=checks)

    def client(self) -> httpx.Client:
        context = ssl.create_default_context(cafile=self.files / "department-ca.pem")
        context.load_cert_chain(self.files / "unit.pem", self.files / "unit.key")
        url = f"https://127.0.0.1:{self.port}"
        return httpx.Client(base_url=url, verify=context, headers=self.headers, trust_env=False, timeout=30)


def operations_of(schema: schemathesis.BaseSchema) -> list[Operation]:
    """The operations of a description; ValueError: one of them is none."""
    found = [*schema.get_all_operations()]
    operations = [each.ok() for each in found if isinstance(each, Ok)]
    if len(operations) != len(found):
        raise ValueError("an operation cannot be understood")
    return operations
