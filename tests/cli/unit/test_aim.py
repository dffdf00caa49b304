"""``alpr-edge unit aim`` as a technician meets it."""

import json

from typer.testing import CliRunner, Result

from alpr_edge.cli import app


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["unit", "aim", *words])


def test_a_table_and_what_it_comes_to() -> None:
    result = run("--shutter-us", "400")
    assert result.exit_code == 0
    assert "plates can be read from 2 to 25 m" in result.stdout
    assert run("--angle", "60", "--shutter-us", "4000").stdout.endswith(
        "no plate can be read: shorten the exposure or the angle\n"
    )


def test_the_same_for_programs() -> None:
    answer = json.loads(run("--lens-mm", "16", "--json").stdout)
    ten = next(each for each in answer["distances"] if each["distance_m"] == 10)
    assert round(ten["plate_px"]) == 113
    assert answer["view_degrees"] == 17.83


def test_what_no_lens_has_is_refused() -> None:
    result = run("--lens-mm", "0")
    assert result.exit_code == 2
    assert "Traceback" not in result.stderr
