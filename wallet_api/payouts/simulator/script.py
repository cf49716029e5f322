"""How one payout goes, and how it is told: what a behaviour changes."""

from dataclasses import dataclass
from enum import Enum, StrEnum, auto


class Status(StrEnum):
    ACCEPTED = "accepted"
    SETTLED = "settled"
    DECLINED = "declined"
    RETURNED = "returned"


class Wait(Enum):
    """How long until a step; the options say how many seconds each lasts."""

    NONE = auto()
    DELAY = auto()
    MINUTE = auto()
    DAY = auto()


class Money(Enum):
    """What moves with a step."""

    STAYS = auto()
    IS_PAID = auto()
    COMES_BACK = auto()


_USUALLY = {Status.SETTLED: Money.IS_PAID, Status.RETURNED: Money.COMES_BACK}


@dataclass(frozen=True, slots=True)
class Step:
    status: Status
    after: Wait = Wait.NONE
    """Since the step before."""
    money: Money | None = None
    """None: as the status says."""
    reason: str | None = None

    @property
    def moves(self) -> Money:
        return self.money or _USUALLY.get(self.status, Money.STAYS)


SETTLES_LATER = (Step(Status.ACCEPTED), Step(Status.SETTLED, Wait.DELAY))


class Manner(Enum):
    """What is wrong with the answer to a submission."""

    CLOSES = auto()
    LATE = auto()
    SERVER_ERROR = auto()
    HTML = auto()
    CUT_JSON = auto()
    CUT_OFF = auto()
    EMPTY_OBJECT = auto()
    NOTHING = auto()
    GIGABYTE = auto()
    GZIP_BOMB = auto()
    ERROR_OBJECT = auto()
    STATUS_202 = auto()
    DRIP = auto()
    REDIRECT = auto()
    LIMITED = auto()
    LIMITED_WITHOUT_A_TIME = auto()
    UNAUTHORIZED = auto()
    FORBIDDEN = auto()
    CONFLICT = auto()
    MAINTENANCE = auto()
    BALANCE_TOO_LOW = auto()
    AFTER_THE_CALLBACK = auto()
    LOST = auto()


@dataclass(frozen=True, slots=True)
class Fault:
    manner: Manner
    pays: bool
    """Whether the payout is taken all the same."""
    for_a_minute: bool = False
    """From the first submission on; False: the first submission only."""
    hits_inquiries: bool = False


class Repeat(Enum):
    """What the same submission gets again."""

    LATEST = auto()
    FIRST = auto()
    CONFLICT = auto()


class Wrong(Enum):
    """What is wrong in the object, for a minute."""

    REFERENCE = auto()
    AMOUNT_X100 = auto()
    AMOUNT_LESS_FEE = auto()
    CURRENCY = auto()
    STATUS_WORD = auto()


class Inquiry(Enum):
    HONEST = auto()
    LATER = auto()
    NEVER = auto()
    TWO = auto()
    STALE = auto()
    SERVER_ERROR = auto()


class Calls(Enum):
    """How the changes of a payout are told by callbacks."""

    HONEST = auto()
    BEFORE_COMMIT = auto()
    DOUBLED = auto()
    SAME_ID = auto()
    REORDERED = auto()
    DAY_LATE = auto()
    NEVER = auto()
    FORGED = auto()
    OLD_SECRET = auto()
    REPLAYED = auto()
    YESTERDAYS = auto()
    STRANGER = auto()
    FLOOD = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """Of one payout. Its own defaults are a gateway that pays at once and is honest."""

    course: tuple[Step, ...] = (Step(Status.SETTLED),)
    fault: Fault | None = None
    repeat: Repeat = Repeat.LATEST
    forgets: bool = False
    """Its key, soon; the same key pays again then."""
    refuses_other_body: bool = True
    wrong: Wrong | None = None
    inquiry: Inquiry = Inquiry.HONEST
    calls: Calls = Calls.HONEST
    can_cancel: bool = True
