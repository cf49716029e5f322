"""The mails that carry codes."""

from wallet_api.auth.codes import LIFE
from wallet_api.mail.letter import Letter

_MINUTES = int(LIFE.total_seconds()) // 60


def password_reset(email: str, code: str) -> Letter:
    return Letter(
        email,
        "Your code for a new password",
        "Somebody, probably you, has asked for a new password for your wallet.\n\n"
        f"The code is: {code}\n\n"
        f"It works once, within {_MINUTES} minutes. Tell it to nobody.\n"
        "If you have not asked for it, do nothing: your password stays as it is.\n",
    )


def email_proof(email: str, code: str) -> Letter:
    return Letter(
        email,
        "Your code to confirm this email",
        "This email was given for a wallet. The code below confirms that it is yours.\n\n"
        f"The code is: {code}\n\n"
        f"It works once, within {_MINUTES} minutes. Tell it to nobody.\n"
        "If you have no such wallet, do nothing.\n",
    )
