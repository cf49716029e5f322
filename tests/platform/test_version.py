"""The version is said once, in the package, and everything else takes it over."""

import re
import tomllib
from pathlib import Path

from flask.testing import FlaskClient

import wallet_api

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


def test_the_openapi_document_has_the_version_of_the_package(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()

    assert document["info"]["version"] == wallet_api.__version__


def test_pyproject_reads_the_version_from_the_package() -> None:
    told = tomllib.loads(PYPROJECT.read_text())

    assert "version" not in told["project"]
    assert told["project"]["dynamic"] == ["version"]
    assert told["tool"]["setuptools"]["dynamic"]["version"] == {"attr": "wallet_api.__version__"}


def test_no_other_file_of_the_package_writes_the_version() -> None:
    package = Path(wallet_api.__file__)
    quoted = re.compile(rf"""["']{re.escape(wallet_api.__version__)}["']""")

    written = [path for path in package.parent.rglob("*.py") if quoted.search(path.read_text())]

    assert written == [package]
