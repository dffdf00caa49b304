"""Requests made from the description of the interface, to a server over TLS: no fault, and answers as described."""

import json
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from alpr_edge.department.http.description.document import ITEMS, KINDS_KEY
from alpr_edge.domain.protocol.enrolment import RETIRE_PATH
from alpr_edge.domain.protocol.heartbeats import HEARTBEAT_PATH
from alpr_edge.domain.protocol.items import ITEMS_PATH, ItemKind
from scripts.checks.api import PATH, is_current
from tests.department.http.api_caller import AT_ENROLMENT, ApiCaller, Operation, operations_of

ROOT = Path(__file__).parents[3]
DOCUMENT: dict[str, Any] = json.loads((ROOT / PATH).read_text(encoding="utf-8"))
CHECKS = [
    not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]
POSITIVE, NEGATIVE = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
REFUSALS = [400, 403, 404, 413, 422, 429]
CONFIG = schemathesis.Config.from_dict({"checks": {"negative_data_rejection": {"expected-statuses": REFUSALS}}})
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT, config=CONFIG)
OPERATIONS = {each.label: each for each in operations_of(SCHEMA)}
LENIENT = {ITEMS_PATH, HEARTBEAT_PATH}
"""A bad part of a batch has an answer of its own, and a heartbeat's numbers may be written as other JSON values."""
FEW, MANY = 4, 150
PHASES = (Phase.explicit, Phase.generate, Phase.shrink)


@pytest.fixture
def sender(operation: Operation, caller: ApiCaller, retiring_caller: ApiCaller) -> ApiCaller:
    """The unit that sends the requests of an operation: one of them takes its unit out of service."""
    return retiring_caller if operation.path == RETIRE_PATH else caller


@pytest.fixture(params=[*OPERATIONS])
def operation(request: pytest.FixtureRequest) -> Operation:
    return OPERATIONS[request.param]


def send(caller: ApiCaller, operation: Operation, count: int) -> None:
    """Send requests that fit the description, and some that do not where there is anything to do wrong."""
    headers = {} if operation.path in AT_ENROLMENT else caller.headers
    bounds = settings(max_examples=count, phases=PHASES, database=None, suppress_health_check=[*HealthCheck])

    @bounds
    @given(operation.as_strategy(generation_mode=POSITIVE, headers=headers))
    def send_what_fits(case: schemathesis.Case[Any]) -> None:
        caller.check(case, CHECKS)

    @bounds
    @given(operation.as_strategy(generation_mode=NEGATIVE, headers=headers))
    def send_what_does_not(case: schemathesis.Case[Any]) -> None:
        caller.check(case, CHECKS if operation.path in LENIENT else [*CHECKS, negative_data_rejection])

    send_what_fits()
    if [*operation.body, *operation.query]:
        send_what_does_not()


def test_the_description_is_that_of_what_is_served() -> None:
    assert is_current(ROOT / PATH)


def test_a_description_that_says_something_else_is_found(tmp_path: Path) -> None:
    (tmp_path / "api.json").write_text(json.dumps(DOCUMENT | {"paths": {}}), encoding="utf-8")
    assert not is_current(tmp_path / "api.json")
    assert not is_current(tmp_path / "missing.json")


def test_every_kind_of_item_is_described() -> None:
    assert {*ITEMS} == {*ItemKind}
    assert {*DOCUMENT[KINDS_KEY]} == {kind.value for kind in ItemKind}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_answers_are_as_described(sender: ApiCaller, operation: Operation) -> None:
    send(sender, operation, FEW)


@pytest.mark.slow
def test_answers_to_many_requests_are_as_described(sender: ApiCaller, operation: Operation) -> None:
    send(sender, operation, MANY)
