"""The least that a Flask application can do: what is below it is the server's cost."""

from flask import Flask

app = Flask(__name__)


@app.get("/noop")
def nothing() -> dict[str, object]:
    return {"balanceCents": 10050, "currency": "INR"}
