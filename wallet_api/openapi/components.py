"""What several operations of the document share: headers, the idempotency key, the token."""

from typing import Any

from apispec import APISpec

from wallet_api.openapi.problem_schemas import PROBLEM, PROBLEM_SCHEMA
from wallet_api.web.idempotency_key import HEADER_PATTERN, MAX_LENGTH, REPLAYED_HEADER
from wallet_api.web.on_behalf_of import ON_BEHALF_OF

ABOUT = """\
Wallets, deposits and withdrawals that never lose a cent.

- A request gives an amount in **major units** (`amount`, a JSON number such as `100.5`) or in
  **minor units** (`amountCents`, a whole number such as `10050`). Both are read exactly.
- An answer gives amounts in minor units. The names of these members end in `Cents`, whatever the
  currency. `GET /currencies` lists how many decimals each currency has.
- Register, log in, and send the token as `Authorization: Bearer <token>`.
- A company's own server sends its key as the token, and the user's id as `On-Behalf-Of`.
- Send an `Idempotency-Key` with each deposit and withdrawal. You can then send the request again as
  often as you need to, and the money moves once.
- Every error is `application/problem+json` with a stable `code`. The
  [error reference](docs/errors) explains each code.
"""

_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "The `token` of `POST /auth/login`.",
}

_BACKEND_KEY = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "wk_...",
    "description": "The key of a back end, which acts for the user of `On-Behalf-Of`. An operation "
    "names the scope that the key must have.",
}

_ON_BEHALF_OF = {
    "type": "apiKey",
    "in": "header",
    "name": ON_BEHALF_OF,
    "description": "With the key of a back end, and only with one: the id of the user for whom it "
    "asks, once. It is no secret.",
}

BY_USER: dict[str, list[str]] = {"bearer": []}


def by_back_end(scope: str) -> dict[str, list[str]]:
    """Both at once: the key with this scope, and the user."""
    return {"backendKey": [scope], "onBehalfOf": []}


_HEADERS: dict[str, dict[str, Any]] = {
    "X-Request-Id": {
        "description": "The id of this request. The service's log has it too.",
        "required": True,
        "schema": {"type": "string"},
    },
    REPLAYED_HEADER: {
        "description": "`true`: the key was used before, and this is the answer of its first "
        "request. Nothing moved this time.",
        "schema": {"type": "string", "const": "true"},
    },
    "Retry-After": {
        "description": "How many seconds to wait before the next try.",
        "required": True,
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Limit": {
        "description": "How many requests the caller may make in a window of time. It is missing "
        "where the service's operator has set no limit.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "RateLimit-Remaining": {
        "description": "How many of them are left in this window, as far as this process knows.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "RateLimit-Reset": {
        "description": "In how many seconds the next window begins.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "The way to authenticate: a bearer token.",
        "required": True,
        "schema": {"type": "string", "const": "Bearer"},
    },
}

_IDEMPOTENCY_KEY = {
    "description": "Make a new key, such as a UUID, for each movement, and send the same key each "
    "time you repeat the request. A key is kept for ever, and belongs to one user and one "
    'operation. `k` and `"k"` are the same key. A key that contains a comma must be in double '
    "quotes. A request with two such headers is refused.",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_LENGTH,
        "pattern": HEADER_PATTERN,
    },
}


def add_to(spec: APISpec) -> None:
    spec.components.security_scheme("backendKey", _BACKEND_KEY)
    spec.components.security_scheme("onBehalfOf", _ON_BEHALF_OF)
    # Last: the page's dialog puts the cursor there, and a telephone shows nothing else of it.
    spec.components.security_scheme("bearer", _TOKEN)
    spec.components.schema(PROBLEM, PROBLEM_SCHEMA)
    for name, header in _HEADERS.items():
        spec.components.header(name, header)
    spec.components.parameter("Idempotency-Key", "header", _IDEMPOTENCY_KEY)
