"""How the answer to a submission goes wrong, with the money paid or not."""

from wallet_api.payouts.simulator.behaviours.behaviour import Behaviour
from wallet_api.payouts.simulator.script import SETTLES_LATER, Fault, Manner

SUBMISSIONS = (
    Behaviour(
        "pays_then_silent",
        "Pays, and closes the connection without an answer.",
        {"fault": Fault(Manner.CLOSES, pays=True)},
    ),
    Behaviour(
        "pays_then_late",
        "Pays, and answers after the client's time-out.",
        {"fault": Fault(Manner.LATE, pays=True)},
    ),
    Behaviour(
        "pays_then_500",
        "Pays, and answers 500.",
        {"fault": Fault(Manner.SERVER_ERROR, pays=True)},
    ),
    Behaviour(
        "unpaid_500",
        "Pays nothing, and answers the same 500; the next submission is taken.",
        {"fault": Fault(Manner.SERVER_ERROR, pays=False)},
    ),
    Behaviour(
        "unpaid_silent",
        "Pays nothing, and closes without an answer; the next submission is taken.",
        {"fault": Fault(Manner.CLOSES, pays=False)},
    ),
    Behaviour(
        "answers_html",
        "Pays, and answers 200 with a page of HTML.",
        {"fault": Fault(Manner.HTML, pays=True)},
    ),
    Behaviour(
        "unpaid_html",
        "Pays nothing, and answers the same 200 with HTML; the next submission is taken.",
        {"fault": Fault(Manner.HTML, pays=False)},
    ),
    Behaviour(
        "accepts_and_loses_it",
        "Answers accepted, and knows nothing of it afterwards; the next submission is taken.",
        {"fault": Fault(Manner.LOST, pays=False)},
    ),
    Behaviour(
        "answers_cut_json",
        "Pays, and answers 200 with half of the JSON.",
        {"fault": Fault(Manner.CUT_JSON, pays=True)},
    ),
    Behaviour(
        "answers_half",
        "Pays, sends half of its answer, and closes the connection.",
        {"fault": Fault(Manner.CUT_OFF, pays=True)},
    ),
    Behaviour(
        "answers_empty_object",
        "Pays, and answers 200 with {}.",
        {"fault": Fault(Manner.EMPTY_OBJECT, pays=True)},
    ),
    Behaviour(
        "answers_nothing",
        "Pays, and answers 200 with an empty body.",
        {"fault": Fault(Manner.NOTHING, pays=True)},
    ),
    Behaviour(
        "answers_1_gb",
        "Pays, and answers 200 with 1 GB.",
        {"fault": Fault(Manner.GIGABYTE, pays=True)},
    ),
    Behaviour(
        "answers_gzip_bomb",
        "Pays, and answers 200 with 1 MB of gzip that becomes 1 GB.",
        {"fault": Fault(Manner.GZIP_BOMB, pays=True)},
    ),
    Behaviour(
        "answers_200_with_an_error",
        "Pays nothing, and answers 200 with an error in the body; the next submission is taken.",
        {"fault": Fault(Manner.ERROR_OBJECT, pays=False)},
    ),
    Behaviour(
        "answers_202",
        "Answers 202, and pays after the delay.",
        {"fault": Fault(Manner.STATUS_202, pays=True)},
        {"course": SETTLES_LATER},
    ),
    Behaviour(
        "drips",
        "Pays, and sends its answer one byte each half second.",
        {"fault": Fault(Manner.DRIP, pays=True)},
    ),
    Behaviour(
        "redirects",
        "Pays nothing, and answers 302 to a lie; the next submission is taken.",
        {"fault": Fault(Manner.REDIRECT, pays=False)},
    ),
    Behaviour(
        "limits_with_retry_after",
        "Answers 429 with Retry-After for a minute; pays nothing meanwhile.",
        {"fault": Fault(Manner.LIMITED, pays=False, for_a_minute=True)},
    ),
    Behaviour(
        "limits_without_retry_after",
        "Answers 429 without a time for a minute; pays nothing meanwhile.",
        {"fault": Fault(Manner.LIMITED_WITHOUT_A_TIME, pays=False, for_a_minute=True)},
    ),
    Behaviour(
        "unauthorized_for_a_minute",
        "Answers 401 to everything for a minute, inquiries too; pays nothing meanwhile.",
        {"fault": Fault(Manner.UNAUTHORIZED, False, for_a_minute=True, hits_inquiries=True)},
    ),
    Behaviour(
        "forbidden_for_a_minute",
        "Answers 403 to everything for a minute, inquiries too; pays nothing meanwhile.",
        {"fault": Fault(Manner.FORBIDDEN, False, for_a_minute=True, hits_inquiries=True)},
    ),
    Behaviour(
        "balance_too_low",
        "Our balance with the gateway is too low for a minute; pays nothing meanwhile.",
        {"fault": Fault(Manner.BALANCE_TOO_LOW, pays=False, for_a_minute=True)},
    ),
    Behaviour(
        "conflict_in_flight",
        "Pays, and answers 409: a request with this key is in flight.",
        {"fault": Fault(Manner.CONFLICT, pays=True)},
    ),
    Behaviour(
        "maintenance",
        "Answers 503 with a page of HTML for a minute, inquiries too; pays nothing meanwhile.",
        {"fault": Fault(Manner.MAINTENANCE, False, for_a_minute=True, hits_inquiries=True)},
    ),
)
