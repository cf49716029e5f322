"""The books and the behaviours as a small page, for people."""

from html import escape
from importlib.resources import files
from itertools import islice

from wallet_api.money import with_code
from wallet_api.payouts.simulator.behaviours.catalogue import BEHAVIOURS
from wallet_api.payouts.simulator.books import Books, Entry
from wallet_api.payouts.simulator.callbacks.post_office import PostOffice
from wallet_api.payouts.simulator.mix import Mix
from wallet_api.payouts.simulator.options import Options

POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
REFRESH_SECONDS = 2
SHOWN = 100
"""The latest payouts."""

_STYLE = (files(__package__) / "page.css").read_text("utf-8")


def shown(options: Options, books: Books, post_office: PostOffice) -> str:
    """Refreshes itself; every word that came from outside is escaped."""
    latest = list(islice(reversed(books), SHOWN))
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{REFRESH_SECONDS}">
<link rel="icon" href="data:,">
<title>Payout simulator</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>Payout simulator</h1>
<p>A gateway that pays no real money. These are its own books, seed {options.seed}:
<a href="_books">JSON</a>, <a href="_books?format=csv">CSV</a>.</p>
<dl>{_totals(books)}{_callbacks(post_office)}</dl>
<h2>Payouts</h2>
{_payouts(latest, len(books))}
<h2>Behaviours</h2>
<ul class="behaviours">{_behaviours(options.mix)}</ul>
</body>
</html>
"""


def _totals(books: Books) -> str:
    sums: dict[str, tuple[int, int]] = {}
    for entry in books:
        paid, returned = sums.get(entry.currency, (0, 0))
        sums[entry.currency] = paid + entry.paid_minor, returned + entry.returned_minor
    twice = sum(1 for _ in books.paid_twice())
    rows = [("payouts", str(len(books)))]
    for currency, (paid, returned) in sorted(sums.items()):
        rows.append(("paid", with_code(paid, currency)))
        rows.append(("came back", with_code(returned, currency)))
    rows.append(("paid twice", str(twice)))
    return _terms(rows)


def _callbacks(post_office: PostOffice) -> str:
    counts = post_office.counts
    if post_office.address is None:
        return _terms([("callbacks", "go nowhere")])
    return _terms(
        [
            ("callbacks taken", str(counts.taken)),
            ("refused or unanswered", str(counts.refused + counts.failed)),
            ("waiting", str(post_office.waiting)),
        ]
    )


def _terms(rows: list[tuple[str, str]]) -> str:
    return "".join(f"<div><dt>{escape(name)}<dd>{escape(value)}</div>" for name, value in rows)


def _payouts(latest: list[Entry], number: int) -> str:
    if not latest:
        return "<p>None yet.</p>"
    rows = "".join(map(_row, latest))
    note = f"<p>The latest {SHOWN} of {number}.</p>" if number > SHOWN else ""
    return f"""<table>
<thead><tr><th>Reference<th>Says<th>Amount<th>Paid<th>Came back<th>Behaviour</thead>
<tbody>{rows}</tbody>
</table>{note}"""


def _row(entry: Entry) -> str:
    behaviours = " ".join(entry.behaviours)
    said = " → ".join(status.value for status, _ in entry.history)
    return (
        f'<tr class="{entry.status.value}"><td class="reference">{escape(entry.reference)}'
        f'<td data-label="says"><span>{escape(said)}</span>'
        f'<td class="number" data-label="amount">{with_code(entry.amount_minor, entry.currency)}'
        f'<td class="number" data-label="paid">{_times(entry.times_paid)}'
        f'<td class="number" data-label="came back">{_times(entry.times_returned)}'
        f'<td data-label="behaviour">{escape(behaviours)}'
    )


def _times(number: int) -> str:
    return {0: "no", 1: "once"}.get(number, f"{number} times")


def _behaviours(mix: Mix) -> str:
    whole = sum(mix.weights.values())
    items = []
    for name, weight in sorted(mix.weights.items(), key=lambda item: -item[1]):
        sentences = " ".join(BEHAVIOURS[each].sentence for each in name.split("+"))
        share = f"{100 * weight / whole:.0f} %"
        items.append(f"<li><b>{escape(name)}</b> {share}<br>{escape(sentences)}")
    return "".join(items)
