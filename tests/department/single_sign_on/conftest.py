from collections.abc import Iterator

import pytest

from tests.department.single_sign_on.rig import SignOnRig, sign_on_rig


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SignOnRig]:
    with sign_on_rig(tmp_path_factory.mktemp("sign-on")) as some:
        yield some
