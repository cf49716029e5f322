"""Clients generated from the served OpenAPI document, type-checked and run against the service.

`make clients`. What is generated goes to a temporary folder.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

from openapi_spec_validator import validate

from tests.faults.service import ROOT, Service
from tests.support.ledger_secret import LEDGER_SECRET
from wallet_api.embedded_mongo import EmbeddedMongo

HERE = Path(__file__).parent
NPM = HERE / "typescript"
TOOLS = NPM / "node_modules" / ".bin"
STEP_SECONDS = 300


def main() -> None:
    with TemporaryDirectory(prefix="wallet_api-clients-") as name:
        folder = Path(name)
        run("npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts", "--silent", cwd=NPM)
        with EmbeddedMongo(folder / "mongo") as mongo:
            service = Service(mongo.uri, folder / "service.log", hooks={})
            try:
                service.start()
                service.wait()
                address = f"http://127.0.0.1:{service.port}"
                document = fetched(f"{address}/openapi.json", folder / "openapi.json")
                lint(document)
                key = key_of_a_back_end(mongo.uri)
                in_typescript(document, address, key, folder / "typescript")
                in_python(document, address, key, folder / "python")
                in_postman(service.port, key)
            finally:
                service.kill_tree()


def fetched(address: str, path: Path) -> Path:
    with urllib.request.urlopen(address, timeout=30) as answer:
        path.write_bytes(answer.read())
    return path


def lint(document: Path) -> None:
    """Warnings are failures; a rule that is switched off has its reason where that is done."""
    validate(json.loads(document.read_text()))
    rules = HERE / "linting"
    # Redocly ends with 0 in spite of warnings.
    redocly = [TOOLS / "redocly", "lint", document, "--config", rules / "redocly.yaml"]
    if any(json.loads(run(*redocly, "--format", "json"))["totals"].values()):
        raise SystemExit(run(*redocly, "--format", "stylish"))
    spectral = [TOOLS / "spectral", "lint", document, "--ruleset", rules / "spectral.yaml"]
    run(*spectral, "--fail-severity", "hint")
    print("The document: openapi-spec-validator, Redocly and Spectral find nothing.")


def key_of_a_back_end(uri: str) -> str:
    """As an operator makes one."""
    flask = (sys.executable, "-m", "flask", "--app", "wsgi")
    created = ("keys", "create", "clients", "--scopes", "deposits,read")
    settings = {"MONGO_URI": uri, "LEDGER_SECRET": LEDGER_SECRET, "FLASK_SKIP_DOTENV": "1"}
    return run(*flask, *created, cwd=ROOT, **settings).strip()


def in_typescript(document: Path, address: str, key: str, folder: Path) -> None:
    shutil.copytree(NPM, folder, ignore=shutil.ignore_patterns("node_modules"))
    (folder / "node_modules").symlink_to(NPM / "node_modules")
    run(TOOLS / "openapi-typescript", document, "--output", folder / "schema.d.ts")
    run(TOOLS / "tsc", "--strict", "--project", folder)
    run("node", folder / "built" / "journey.js", address, key)
    print("TypeScript: generated, compiled by tsc --strict, and the journey is as it should be.")


def in_python(document: Path, address: str, key: str, folder: Path) -> None:
    shutil.copytree(HERE / "python", folder)
    programs = Path(sys.executable).parent
    run(
        *(programs / "openapi-python-client", "generate", "--path", document, "--meta", "none"),
        *("--config", folder / "generator.yaml", "--fail-on-warning"),
        *("--output-path", folder / "wallet_api_client"),
        PATH=f"{programs}:{os.environ['PATH']}",
    )
    run(programs / "mypy", "--strict", "journey.py", cwd=folder)
    run(sys.executable, "journey.py", address, key, cwd=folder)
    print("Python: generated, accepted by mypy --strict, and the journey is as it should be.")


def in_postman(port: int, key: str) -> None:
    run("make", "postman", f"PORT={port}", f"KEY={key}", cwd=ROOT)
    print("Postman: the collection runs.")


def run(*command: str | Path, cwd: Path = HERE, **environment: str) -> str:
    """What the command writes to stdout. SystemExit with all that it wrote, where it fails."""
    done = subprocess.run(
        command,
        cwd=cwd,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=STEP_SECONDS,
    )
    if done.returncode != 0:
        words = " ".join(map(str, command))
        raise SystemExit(f"{words}\n{done.stdout}{done.stderr}\nexit code {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    main()
