/*
 * The protocol of docs/money.md, for the model checker Spin. See README.md in this folder.
 *
 * Key A withdraws 1, key B deposits 1. A wallet that begins with 0 refuses A before B and not after
 * it; one that begins with 1 has enough for A twice. `MUTANT_...` switches on a known fault, and `LIVENESS` the property of `ltl`.
 */

#define A 0
#define B 1

/* A movement is its fresh id, doubled, plus 1 if it is a refusal. 0: none. */
#define REFUSED(movement) ((movement) & 1)

typedef Database {
	byte generation;
	byte outbox[2];        /* by key */
	bit filter[2];         /* full as soon as it holds a key */
	bit sealed_filters;    /* how many: the wallet of two keys needs one at most */
	byte balance;
	bit seal_exists;       /* the sealed filter's own document */
	bit seal[2];
	byte record[2];
	byte committed[2]      /* nobody reads it but the assertions: what this history has committed */
}

Database now_;     /* what is read and written */
Database durable;  /* what no crash takes back */

#define REQUESTS 3
#define COPIERS 2
#define PROCESSES 5    /* requests 0 and 1 have key A, request 2 has key B; 3 and 4 are relays */

mtype = { NONE, PENDING, DURABLE, LOST };
mtype write[PROCESSES] = NONE;    /* what became of a process's latest write */

/* Of each request: the attempt that it wants to commit. */
bit queued[REQUESTS];
bit fenced[REQUESTS];             /* else it has a guard */
bit hint[REQUESTS];               /* of the guard: the number of sealed filters */
byte fence[REQUESTS];             /* of the fence: the generation */
bit refusal[REQUESTS];
byte mine[REQUESTS];              /* the movement that it has committed */

/* Of each relay: the wallet as it read it. */
typedef Snapshot {
	byte generation;
	byte outbox[2];
	bit filter[2];
	bit sealed_filters
}
Snapshot snapshot[COPIERS];

byte told[2];                     /* nobody reads it but the assertions: what clients were told */
bit calm;                         /* from now on nothing dies */

#ifdef LIVENESS
#define MAY_DIE (!calm)
#else
#define MAY_DIE true
#endif

/* The bounds of this run. */
#ifndef LOSSES
#define LOSSES 1
#endif
#ifndef START
#define START 0    /* the balance at first */
#endif

/* ---- the database ---- */

inline copy_state(from, to) {
	to.generation = from.generation;
	to.outbox[A] = from.outbox[A]; to.outbox[B] = from.outbox[B];
	to.filter[A] = from.filter[A]; to.filter[B] = from.filter[B];
	to.sealed_filters = from.sealed_filters;
	to.balance = from.balance;
	to.seal_exists = from.seal_exists;
	to.seal[A] = from.seal[A]; to.seal[B] = from.seal[B];
	to.record[A] = from.record[A]; to.record[B] = from.record[B];
	to.committed[A] = from.committed[A]; to.committed[B] = from.committed[B]
}

inline settle_writes(outcome) {
	i = 0;
	do
	:: i < PROCESSES ->
		if
		:: write[i] == PENDING -> write[i] = outcome
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

#define ANY_PENDING (write[0] == PENDING || write[1] == PENDING || write[2] == PENDING \
	|| write[3] == PENDING || write[4] == PENDING)
#define SAME(member) (now_.member == durable.member)
#define ALL_DURABLE (SAME(generation) && SAME(outbox[A]) && SAME(outbox[B]) \
	&& SAME(filter[A]) && SAME(filter[B]) && SAME(sealed_filters) && SAME(seal_exists) \
	&& SAME(record[A]) && SAME(record[B]) && SAME(committed[A]) && SAME(committed[B]))

/* The writes up to now become durable, or all that are not durable are taken back. Since the first
   may come after any write, the second takes back any number of them. */
active proctype Server() {
	byte i;
	byte losses;
	do
	:: d_step { ANY_PENDING || !ALL_DURABLE ->
		assert(!durable.committed[A] || SAME(committed[A]));
		assert(!durable.committed[B] || SAME(committed[B]));
		copy_state(now_, durable);
		settle_writes(DURABLE) }
	:: d_step { MAY_DIE && losses < LOSSES && (ANY_PENDING || !ALL_DURABLE) ->
		losses++;
		copy_state(durable, now_);
		settle_writes(LOST) }
#ifdef LIVENESS
	:: d_step { !calm -> calm = 1 }
#endif
	od
}

/* ---- fresh ids: the least that nobody holds stands for one that never was ---- */

#define HOLDS_GENERATION(g) (now_.generation == g || durable.generation == g \
	|| fence[0] == g || fence[1] == g || fence[2] == g \
	|| snapshot[0].generation == g || snapshot[1].generation == g)

inline fresh_generation() {
#ifdef MUTANT_COUNTER
	now_.generation = now_.generation + 1
#else
	g = 1;
	do
	:: HOLDS_GENERATION(g) -> g++
	:: else -> break
	od;
	now_.generation = g;
	g = 0
#endif
}

#define IS(movement) ((movement) / 2 == m)
#define HOLDS_MOVEMENT(k) (IS(now_.committed[k]) || IS(durable.committed[k]) \
	|| IS(now_.record[k]) || IS(durable.record[k]) || IS(told[k]) \
	|| IS(snapshot[0].outbox[k]) || IS(snapshot[1].outbox[k]))

/* ---- the commit: one update ---- */

#define POOR (now_.balance < 1)

#ifdef MUTANT_NO_FENCE
#define FENCE_HOLDS(r) true
#else
#define FENCE_HOLDS(r) (now_.generation == fence[r])
#endif

#ifdef MUTANT_NO_SEALED_COUNT
#define COUNT_HOLDS(r) true
#else
#define COUNT_HOLDS(r) (now_.sealed_filters == hint[r])
#endif

#define GUARD_HOLDS(r, k) (!now_.filter[k] && COUNT_HOLDS(r))
#define KEY_UNUSED(r, k) (!now_.outbox[k] \
	&& ((fenced[r] && FENCE_HOLDS(r)) || (!fenced[r] && GUARD_HOLDS(r, k))))
#define FUNDS_HOLD(r, k, poor) (k == B || refusal[r] == (poor))
#define BOTH_UNUSED(r) (queued[r] && queued[2] && KEY_UNUSED(r, A) && KEY_UNUSED(2, B))
#define MAY_COMMIT(r, k) (queued[r] && KEY_UNUSED(r, k) && FUNDS_HOLD(r, k, POOR))

inline commit(r, k) {
	assert(!now_.committed[k]);    /* a key commits at most once */
	m = 1;
	do
	:: HOLDS_MOVEMENT(k) -> m++
	:: else -> break
	od;
	mine[r] = m * 2 + refusal[r];
	m = 0;
	now_.outbox[k] = mine[r];
	now_.committed[k] = mine[r];
	if
	:: k == B -> now_.balance++
	:: k == A && !refusal[r] -> now_.balance--
	:: else
	fi;
	queued[r] = 0;
	write[r] = PENDING
}

/* ---- a request, from its client's first sending to its answer, and sent again ---- */

inline forget(r) {
	queued[r] = 0; fenced[r] = 0; hint[r] = 0; fence[r] = 0; refusal[r] = 0; mine[r] = 0;
	write[r] = NONE; waits = 0
}

inline answer(r, k, movement) {
	assert(!told[k] || told[k] == movement);     /* the same answer again */
	assert(durable.committed[k] == movement);    /* and nothing will take it back */
	told[k] = movement;
	forget(r)
}

proctype Request(byte r; byte k) {
	byte m;
	bit waits;      /* the key was in the outbox */

try:
	/* The guard, with as many sealed filters as this process has seen. */
	if
	:: d_step { queued[r] = 1 }
	:: d_step { now_.seal_exists && !now_.seal[k] -> hint[r] = 1; queued[r] = 1 }
	:: goto look_up       /* the process suspects the key, or a sealed filter errs */
	fi;

commit_it:
	if
	:: write[r] != NONE   /* a thread has committed it together with its own */
	:: d_step { MAY_COMMIT(r, k) -> commit(r, k) }
	/* Group commit: one update for two attempts, in either order; both, or neither. */
	:: d_step { k == A && BOTH_UNUSED(r) && FUNDS_HOLD(r, A, POOR) -> commit(r, A); commit(2, B) }
	:: d_step { k == A && BOTH_UNUSED(r) && FUNDS_HOLD(r, A, false) -> commit(2, B); commit(r, A) }
	/* The condition fails, or the filter errs. */
	:: d_step { queued[r] && (!MAY_COMMIT(r, k) || !fenced[r]) -> forget(r) }; goto look_up
	:: d_step { MAY_DIE -> forget(r) }; goto try
	fi;
	if
	:: d_step { write[r] == DURABLE -> answer(r, k, mine[r]) }; goto try
	:: d_step { write[r] == LOST || MAY_DIE -> forget(r) }; goto try
	fi;

look_up:
	if                    /* the wallet ... */
	:: d_step { true ->
		fence[r] = now_.generation;
		waits = now_.outbox[k] != 0;
		refusal[r] = (k == A && POOR) }
	fi;
#ifdef MUTANT_ANSWER_FROM_OUTBOX
	if
	:: d_step { waits && now_.outbox[k] -> answer(r, k, now_.outbox[k]) }; goto try
	:: else
	fi;
#endif
	if                    /* ... and then the record */
	:: d_step { now_.record[k] -> answer(r, k, now_.record[k]) }; goto try
	:: d_step { !now_.record[k] && waits -> forget(r) }; goto look_up    /* a relay copies it */
#ifdef MUTANT_REFUSAL_NOT_STORED
	:: d_step { !now_.record[k] && !waits && refusal[r] -> answer(r, k, 1) }; goto try
#endif
	:: d_step { !now_.record[k] && !waits -> fenced[r] = 1; queued[r] = 1 }; goto commit_it
	:: d_step { MAY_DIE -> forget(r) }; goto try
	fi
}

/* ---- a relay; a request that copies its own wallet is one more ---- */

#define SNAPSHOT snapshot[c]
#define FULL (SNAPSHOT.filter[A] || SNAPSHOT.filter[B])

inline insert(k) {
	if
	:: SNAPSHOT.outbox[k] ->
		/* No record without its movement, and one only. */
		assert(durable.committed[k] == SNAPSHOT.outbox[k]);
		assert(!now_.record[k] || now_.record[k] == SNAPSHOT.outbox[k]);
		now_.record[k] = SNAPSHOT.outbox[k]
	:: else
	fi;
	if
	:: write[p] != LOST -> write[p] = PENDING    /* of two inserts the first may be lost */
	:: else
	fi
}

inline until_durable() {
	if
	:: d_step { write[p] == DURABLE -> write[p] = NONE }
	:: d_step { write[p] == LOST || MAY_DIE -> start_again() }; goto read
	fi
}

inline truncate() {
	if
	:: now_.generation == SNAPSHOT.generation ->
		if
		:: now_.outbox[A] == SNAPSHOT.outbox[A] -> now_.outbox[A] = 0
		:: else
		fi;
		if
		:: now_.outbox[B] == SNAPSHOT.outbox[B] -> now_.outbox[B] = 0
		:: else
		fi;
		if
		:: FULL ->
			now_.sealed_filters = SNAPSHOT.sealed_filters + 1;
			now_.filter[A] = SNAPSHOT.outbox[A] != 0;
			now_.filter[B] = SNAPSHOT.outbox[B] != 0
		:: else ->
			now_.filter[A] = SNAPSHOT.outbox[A] != 0;
			now_.filter[B] = SNAPSHOT.outbox[B] != 0
		fi;
		fresh_generation()
	:: else
	fi
}

inline start_again() {
	SNAPSHOT.generation = 0; SNAPSHOT.outbox[A] = 0; SNAPSHOT.outbox[B] = 0;
	SNAPSHOT.filter[A] = 0; SNAPSHOT.filter[B] = 0; SNAPSHOT.sealed_filters = 0;
	write[p] = NONE
}

proctype Relay(byte c; byte p) {
	byte g;

read:
	if
	:: d_step { now_.outbox[A] || now_.outbox[B] ->
		SNAPSHOT.generation = now_.generation;
		SNAPSHOT.outbox[A] = now_.outbox[A]; SNAPSHOT.outbox[B] = now_.outbox[B];
		SNAPSHOT.filter[A] = now_.filter[A]; SNAPSHOT.filter[B] = now_.filter[B];
		SNAPSHOT.sealed_filters = now_.sealed_filters;
#ifdef MUTANT_PLAIN_READ
		write[p] = DURABLE
#else
		write[p] = PENDING
#endif
		}
	fi;
	until_durable();
#ifdef MUTANT_TRUNCATE_FIRST
	d_step { truncate() };
#endif
	if
	:: d_step { insert(A) }
	:: d_step { SNAPSHOT.outbox[A] && SNAPSHOT.outbox[B] -> insert(B) }
	:: d_step { MAY_DIE -> start_again() }; goto read
	fi;
	if
	:: d_step { insert(A); insert(B) }
	:: d_step { MAY_DIE -> start_again() }; goto read
	fi;
	until_durable();
	if
	:: d_step { FULL ->
		/* A sealed filter never changes. */
		assert(!now_.seal_exists || (now_.seal[A] == SNAPSHOT.filter[A]
			&& now_.seal[B] == SNAPSHOT.filter[B]));
		now_.seal_exists = 1;
		now_.seal[A] = SNAPSHOT.filter[A]; now_.seal[B] = SNAPSHOT.filter[B];
		write[p] = PENDING };
		until_durable()
	:: !FULL
	fi;
	if
#ifdef MUTANT_TRUNCATE_FIRST
	:: d_step { true -> start_again() }
#else
	:: d_step { true -> truncate(); start_again() }
#endif
	:: d_step { MAY_DIE -> start_again() }
	fi;
	goto read
}

init {
	atomic {
		now_.generation = 1;
		durable.generation = 1;
		now_.balance = START;
		durable.balance = START;
		run Request(0, A);
#ifndef ONE_REQUEST
		run Request(1, A);
#endif
#ifndef ONE_KEY
		run Request(2, B);
#endif
#ifndef ONE_RELAY
		run Relay(1, 4);
#endif
		run Relay(0, 3)
	}
}

#ifdef LIVENESS
ltl copied {
	[] ((calm && now_.outbox[A]) -> <> (durable.record[A] != 0))
	&& [] ((calm && now_.outbox[B]) -> <> (durable.record[B] != 0))
}
#endif
