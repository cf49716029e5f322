"""Each fault, how often it strikes, on what stage, and the mutant that it must reveal."""

from collections.abc import Callable
from dataclasses import dataclass, field

from tests.faults import floods, hooks, lost_movement, nth_call, strikes
from tests.faults.stage import Stage
from tests.mutants import keys, relay, writes

KEYLESS_RETRY = "keyless_retry"
"""A mutant of the client, not of the product: it retries with a new key."""


@dataclass(frozen=True)
class Scenario:
    name: str
    strike: Callable[[Stage], int | None]
    """Returns how many times it has struck, where that is not once."""
    times: int
    mutant: str
    replicated: bool = False
    proxied: bool = False
    on_small_disk: bool = False
    graceful: bool = False
    """Whatever the service has begun, it must also answer."""
    hooks: dict[str, str] = field(default_factory=dict)


NO_FENCE = keys.no_fence.__name__
NO_FILTER = keys.no_filter_condition.__name__
TRUNCATION_FIRST = relay.truncation_first.__name__
UNACKNOWLEDGED = writes.unacknowledged.__name__
READ_THEN_WRITE = writes.read_then_write.__name__
MERE_READ = relay.mere_read.__name__
IMPATIENT = writes.impatient.__name__
ANSWERED_FROM_OUTBOX = keys.answered_from_outbox.__name__

RELAY_HOLD = {hooks.RELAY_HOLD_FILE: "{folder}/relay-hold"}

SCENARIOS = (
    Scenario("kill -9 of a worker", strikes.kill_worker, 5, TRUNCATION_FIRST),
    Scenario("kill -9 of the whole service", strikes.kill_tree, 4, TRUNCATION_FIRST),
    Scenario("kill -9 of mongod", strikes.kill_mongod, 20, UNACKNOWLEDGED),
    Scenario("SIGTERM under load", strikes.terminate, 5, IMPATIENT, graceful=True),
    Scenario("SIGHUP under load", strikes.hang_up, 5, IMPATIENT, graceful=True),
    Scenario("replies cut after the commit", strikes.cut_replies, 2, KEYLESS_RETRY, proxied=True),
    Scenario("slow and lossy network", strikes.slow_network, 2, KEYLESS_RETRY, proxied=True),
    Scenario(
        "a connection pool of one",
        strikes.just_live,
        2,
        READ_THEN_WRITE,
        hooks={hooks.POOL_SIZE: "1"},
    ),
    Scenario(
        "kill -9 at every database call",
        nth_call.die_at_every_call,
        1,
        TRUNCATION_FIRST,
        hooks={hooks.DIE_FOLDER: "{folder}"},
    ),
    Scenario(
        "any database call fails, before or after",
        strikes.just_live,
        3,
        KEYLESS_RETRY,
        hooks={hooks.FAILING_CALLS: "0.1"},
    ),
    Scenario(
        "a clock that jumps 10 minutes",
        strikes.jump_clock,
        2,
        NO_FILTER,
        hooks={hooks.CLOCK_FILE: "{folder}/clock"},
    ),
    Scenario(
        "a worker stopped between look and commit",
        strikes.stop_worker_after_look,
        2,
        NO_FENCE,
        hooks={hooks.STOP_AFTER_LOOK: "{folder}/stopped"},
    ),
    Scenario("mongod hangs for 7 s", floods.hang_mongod, 2, NO_FILTER),
    Scenario("2,200 silent connections", floods.idle_flood, 1, READ_THEN_WRITE),
    Scenario("40 slow readers", floods.slow_readers, 1, READ_THEN_WRITE),
    Scenario(
        "200 wrong logins at once",
        floods.hash_flood,
        1,
        READ_THEN_WRITE,
        hooks={"ARGON2_MEMORY_KIB": "19456", "ARGON2_TIME_COST": "2"},
    ),
    Scenario("a full disk", strikes.fill_disk, 1, UNACKNOWLEDGED, on_small_disk=True),
    Scenario("kill -9 of the primary", strikes.kill_primary, 2, UNACKNOWLEDGED, replicated=True),
    Scenario("primary paused for 6 s", strikes.pause_primary, 2, NO_FILTER, replicated=True),
    Scenario(
        "primary cut off for 12 s", strikes.partition_primary, 1, UNACKNOWLEDGED, replicated=True
    ),
    Scenario("rolling step-downs", strikes.step_down, 3, NO_FILTER, replicated=True),
    Scenario("no majority", strikes.no_majority, 1, UNACKNOWLEDGED, replicated=True),
    Scenario(
        "an unreplicated movement, told again",
        lost_movement.lose_unreplicated,
        1,
        ANSWERED_FROM_OUTBOX,
        replicated=True,
        hooks=RELAY_HOLD,
    ),
    Scenario(
        "an unreplicated movement, being copied",
        lost_movement.lose_unreplicated,
        1,
        MERE_READ,
        replicated=True,
        hooks=RELAY_HOLD,
    ),
)
