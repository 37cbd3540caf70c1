/* Work mode of a queue (lineman-redis(7), lib/queue/work_*.lua), checked with spin; README.md says
 * what is in it. Each script is one atomic action; T takers choose freely among them, so that every
 * interleaving is there. BUDGET bounds how many things go wrong in all: a taker dies or stops, the
 * answer of a TAKE or a subscription is lost, a lease runs out, an item is given back, buried, deleted,
 * Redis is emptied.
 *
 * -DITEMS=2|3  -DBUDGET=n  -DEMPTY  Redis may be emptied once, and item 0 is put again
 * -DUNIQUE     items 0 and 1 have the same unique key
 * -DSTAND=n    how many of the two takers stand by; the others wait for wake tokens
 * Must fail, each for the reason in its name:
 * -DNOBOUND    a waiter sleeps until it is woken: a wake token that died with a waiter is never made up
 * -DBADTOKEN   lease tokens from Lua's random numbers, which begin anew with every server
 * -DNOCHECK    ACK does not compare the token
 * -DKEEPKEY    BURY keeps the unique key (with UNIQUE: nobody can put it again)
 * -DNOEPOCH    ids are numbers alone (with EMPTY: an old ack meets the new item)
 * -DBUSY       a waiter looks again at once while something is delayed (a cycle without progress)
 * -DSPLIT      TAKE is two commands, pop and then lease
 * -DNOLEASE    PUT tells who stands by an item, and does not record that it is leased
 * -DNOLATE     who is told an item counts its lease from when he hears of it
 */
#ifndef ITEMS
#define ITEMS 2
#endif
#ifndef BUDGET
#define BUDGET 3
#endif
#ifndef STAND
#define STAND 0
#endif
#define T 2
#define TRIES 3

mtype = { absent, delayed, due, ready, popped, leased, done, dead, gone };

/* Redis */
mtype it[ITEMS];
byte tok[ITEMS];      /* of the lease, 0: none */
bit overdue[ITEMS];   /* the lease's time is over */
byte tries[ITEMS];
byte wake;            /* tokens in the wake list */
bit key;              /* the unique key is taken */
bit reg[T];           /* stands by: a registration that can be heard */
bit latest;           /* who registered last is told first */
byte life[ITEMS];     /* which life of the item this is: the epoch in its id */

/* takers */
byte hold[T];         /* item + 1 that it believes to have */
byte htok[T];
byte hlife[T];
bit hvalid[T];        /* by its own clock the lease still runs */
bit asleep[T];
bit look[T];          /* an empty message is on its way to it */
byte msg[T * ITEMS];  /* an item is: 1 within its lease, 2 Redis forgot, 3 late by the taker's own clock */
byte mtok[T * ITEMS];
byte mlife[T * ITEMS];
bit holdstok[T];      /* popped a wake token and has not looked yet */
byte half[T];         /* SPLIT: popped, not yet leased */

/* the world */
byte next = 1;        /* random numbers never repeat: a counter */
byte b = BUDGET;
byte e = 1;
byte effects[ITEMS];  /* acknowledged in this life */
bit refused[ITEMS];   /* put answered "exists" */
byte k;
bit got;

#ifdef BADTOKEN
#define NEWTOK 7
#else
#define NEWTOK next
#endif
#ifdef NOCHECK
#define SAMETOK(t) true
#else
#define SAMETOK(t) (tok[k] == htok[t])
#endif
#ifdef NOEPOCH
#define SAMEITEM(t) true
#else
#define SAMEITEM(t) (life[k] == hlife[t])
#endif
#ifdef UNIQUE
#define KEYED(i) ((i) < 2)
#else
#define KEYED(i) false
#endif

#define MINE(t) (it[k] == leased && SAMETOK(t) && SAMEITEM(t))
#define FREEKEY(i) if :: KEYED(i) -> key = 0 :: else fi
#define IN(t, i) ((t) * ITEMS + (i))
#define FIRST(t) (reg[t] && (!reg[1 - (t)] || latest == (t)))
#define WAKE \
  if \
  :: FIRST(0) -> reg[0] = 0; look[0] = 1 \
  :: FIRST(1) -> reg[1] = 0; look[1] = 1 \
  :: !reg[0] && !reg[1] && wake < 2 -> wake++ \
  :: else \
  fi
#define LETGO(t) hold[t] = 0; htok[t] = 0; hvalid[t] = 0; hlife[t] = 0; k = 0
#ifdef BUSY
#define EARLY(i) (it[i] == delayed)
#else
#define EARLY(i) false
#endif
#define COULD(i) (EARLY(i) || it[i] == ready || it[i] == due || (it[i] == leased && overdue[i]))
#if ITEMS == 2
#define ANY (COULD(0) || COULD(1))
#else
#define ANY (COULD(0) || COULD(1) || COULD(2))
#endif

/* nobody else was given this item since: the other one does not hold it within its lease */
#define ALONE(t) (!(hold[1 - (t)] == hold[t] && hvalid[1 - (t)]))

/* the first part of TAKE: what is due is ready; what is overdue comes back, its try counted, or is
 * dead */
#define COMEBACK \
  k = 0; \
  do \
  :: k < ITEMS && it[k] == leased && overdue[k] -> \
       overdue[k] = 0; tok[k] = 0; \
       if :: tries[k] >= TRIES -> it[k] = dead; FREEKEY(k) :: else -> it[k] = ready fi; k++ \
  :: k < ITEMS && it[k] == due -> it[k] = ready; k++ \
  :: k < ITEMS && !(it[k] == leased && overdue[k]) && it[k] != due -> k++ \
  :: k == ITEMS -> break \
  od; \
  k = 0

#define MORE_READY(i) (it[i] == ready)
#if ITEMS == 2
#define MORE (MORE_READY(0) || MORE_READY(1))
#else
#define MORE (MORE_READY(0) || MORE_READY(1) || MORE_READY(2))
#endif

#define LEASE(t, keep) \
  it[k] = leased; overdue[k] = 0; tries[k]++; tok[k] = NEWTOK; next++; got = 1; \
  assert(!(hold[0] == k + 1 && hvalid[0]) && !(hold[1] == k + 1 && hvalid[1])); \
  if :: MORE -> WAKE :: else fi; \
  if :: keep -> hold[t] = k + 1; htok[t] = tok[k]; hlife[t] = life[k]; hvalid[t] = 1 :: else fi

#define TAKE(t, keep) \
  COMEBACK; got = 0; \
  do \
  :: k < ITEMS && it[k] == ready -> LEASE(t, keep); break \
  :: k < ITEMS && it[k] != ready -> k++ \
  :: k == ITEMS -> break \
  od; \
  k = 0

/* Nothing was there: it blocks, or stands by. */
#define STANDS(t) ((t) < STAND)
#define REGISTER(t) reg[t] = 1; latest = t
#define SLEEP(t) asleep[t] = 1; if :: STANDS(t) -> REGISTER(t) :: else fi

#ifdef SPLIT
#define TAKING(t) \
  :: d_step { !asleep[t] && hold[t] == 0 && half[t] == 0 -> COMEBACK; got = 0; holdstok[t] = 0; reg[t] = 0; \
       do \
       :: k < ITEMS && it[k] == ready -> it[k] = popped; half[t] = k + 1; got = 1; break \
       :: k < ITEMS && it[k] != ready -> k++ \
       :: k == ITEMS -> break \
       od; \
       k = 0; if :: !got -> SLEEP(t) :: else fi } \
  :: d_step { half[t] != 0 -> k = half[t] - 1; half[t] = 0; LEASE(t, 1); k = 0 }
#else
#define TAKING(t) \
  /* it takes its registration back */ \
  :: d_step { !asleep[t] && hold[t] == 0 -> reg[t] = 0; TAKE(t, 1); holdstok[t] = 0; \
       if :: !got -> SLEEP(t) :: else fi } \
  /* its answer was lost, and with it whether it stands by */ \
  :: d_step { b > 0 && !asleep[t] && hold[t] == 0 && ANY -> b--; reg[t] = 0; TAKE(t, 0); holdstok[t] = 0 } \
  :: d_step { b > 0 && !asleep[t] && hold[t] == 0 && !ANY && STANDS(t) && !reg[t] -> \
       b--; REGISTER(t); holdstok[t] = 0 }
#endif

#ifdef NOBOUND
#define BOUND(t)
#define FRESH 1
#else
#define BOUND(t) :: d_step { asleep[t] && (STANDS(t) || wake == 0) && ANY -> asleep[t] = 0 }
#define FRESH 0
#endif

#ifdef KEEPKEY
#define BURIED(i) skip
#else
#define BURIED(i) FREEKEY(i)
#endif

#ifdef NOLATE
#define LATE(t, i) false
#define HEARD(t, i) true
#else
#define LATE(t, i) (msg[IN(t, i)] == 3)
#define HEARD(t, i) (msg[IN(t, i)] == 1)
#endif
#define READ(t, i) msg[IN(t, i)] = 0; mtok[IN(t, i)] = 0; mlife[IN(t, i)] = 0
#define GIVEBACK(t, i) \
  if \
  :: msg[IN(t, i)] != 0 && it[i] == leased && tok[i] == mtok[IN(t, i)] && life[i] == mlife[IN(t, i)] -> \
       it[i] = ready; tries[i]--; tok[i] = 0; overdue[i] = 0; WAKE \
  :: else \
  fi; \
  READ(t, i)

/* Who is told an item holds it; too late: drops it; who holds one gives it back. */
#define TOLD(t, i) \
  :: d_step { msg[IN(t, i)] != 0 && (hold[t] == 0 || LATE(t, i)) -> \
       if \
       :: !LATE(t, i) -> \
            hold[t] = i + 1; htok[t] = mtok[IN(t, i)]; hlife[t] = mlife[IN(t, i)]; \
            hvalid[t] = HEARD(t, i); asleep[t] = 0; \
            assert(!(hvalid[t] && hold[1 - (t)] == i + 1 && hvalid[1 - (t)])) \
       :: else \
       fi; \
       READ(t, i) } \
  :: d_step { msg[IN(t, i)] != 0 && hold[t] != 0 && !LATE(t, i) -> GIVEBACK(t, i) }

#if ITEMS == 2
#define TOLDANY(t) TOLD(t, 0) TOLD(t, 1)
#define COMING(t) (look[t] || msg[IN(t, 0)] != 0 || msg[IN(t, 1)] != 0)
#define UNHEARD(t) look[t] = 0; READ(t, 0); READ(t, 1)
#define GIVEALL(t) GIVEBACK(t, 0); GIVEBACK(t, 1)
#else
#define TOLDANY(t) TOLD(t, 0) TOLD(t, 1) TOLD(t, 2)
#define COMING(t) (look[t] || msg[IN(t, 0)] != 0 || msg[IN(t, 1)] != 0 || msg[IN(t, 2)] != 0)
#define UNHEARD(t) look[t] = 0; READ(t, 0); READ(t, 1); READ(t, 2)
#define GIVEALL(t) GIVEBACK(t, 0); GIVEBACK(t, 1); GIVEBACK(t, 2)
#endif

#define TAKER(t) \
  TAKING(t) \
  TOLDANY(t) \
  :: d_step { look[t] -> look[t] = 0; asleep[t] = 0 } \
  /* full, and registered by a TAKE that crossed a message */ \
  :: d_step { hold[t] != 0 && reg[t] -> reg[t] = 0 } \
  /* its subscription is lost, and what it was being told */ \
  :: d_step { b > 0 && (reg[t] || COMING(t)) -> b--; reg[t] = 0; UNHEARD(t) } \
  /* it stops: withdraws, and gives back what is on its way; a fresh one is in its place */ \
  :: d_step { b > 0 && hold[t] == 0 && (reg[t] || COMING(t)) -> b--; \
       reg[t] = 0; look[t] = 0; GIVEALL(t); asleep[t] = FRESH } \
  :: d_step { asleep[t] && !STANDS(t) && wake > 0 -> wake--; asleep[t] = 0; holdstok[t] = 1 } \
  BOUND(t) \
  /* ACK */ \
  :: d_step { hold[t] != 0 -> k = hold[t] - 1; \
       if \
       :: MINE(t) -> \
            assert(ALONE(t)); assert(life[k] == hlife[t]); \
            it[k] = done; tok[k] = 0; overdue[k] = 0; effects[k]++; FREEKEY(k) \
       :: else \
       fi; \
       LETGO(t) } \
  /* RENEW: in time, or late and nobody had it */ \
  :: d_step { b > 0 && hold[t] != 0 -> b--; k = hold[t] - 1; \
       if :: MINE(t) -> assert(ALONE(t)); overdue[k] = 0; hvalid[t] = 1 :: else -> LETGO(t) fi; k = 0 } \
  /* RELEASE, the try not counted (the taker stops), or counted, at once or after a delay */ \
  :: d_step { b > 0 && hold[t] != 0 -> b--; k = hold[t] - 1; \
       if :: MINE(t) -> assert(ALONE(t)); it[k] = ready; tries[k]--; tok[k] = 0; overdue[k] = 0; WAKE \
          :: else fi; \
       LETGO(t) } \
  :: d_step { b > 0 && hold[t] != 0 -> b--; k = hold[t] - 1; \
       if \
       :: MINE(t) -> \
            assert(ALONE(t)); tok[k] = 0; overdue[k] = 0; \
            if :: tries[k] >= TRIES -> it[k] = dead; FREEKEY(k) :: else -> it[k] = delayed; WAKE fi \
       :: else \
       fi; \
       LETGO(t) } \
  /* BURY */ \
  :: d_step { b > 0 && hold[t] != 0 -> b--; k = hold[t] - 1; \
       if :: MINE(t) -> assert(ALONE(t)); it[k] = dead; tries[k] = TRIES; tok[k] = 0; overdue[k] = 0; \
               BURIED(k) \
          :: else fi; \
       LETGO(t) } \
  /* it dies, and a fresh one is in its place: a wake token in its hand is gone */ \
  :: d_step { b > 0 && (hold[t] != 0 || holdstok[t] || half[t] != 0) -> b--; LETGO(t); half[t] = 0; \
       reg[t] = 0; UNHEARD(t); asleep[t] = FRESH; holdstok[t] = 0 }

#define HOLDS(i) (hold[0] == (i) + 1 || hold[1] == (i) + 1 || msg[IN(0, i)] != 0 || msg[IN(1, i)] != 0)
#define EXPIRES(t, i) if :: msg[IN(t, i)] == 1 -> msg[IN(t, i)] = 3 :: else fi
#define FORGETS(t, i) if :: msg[IN(t, i)] == 1 -> msg[IN(t, i)] = 2 :: else fi
#define OVERDUE(i) overdue[i] = 1; EXPIRES(0, i); EXPIRES(1, i); \
  if :: hold[0] == (i) + 1 -> hvalid[0] = 0 :: else fi; if :: hold[1] == (i) + 1 -> hvalid[1] = 0 :: else fi
#ifdef NOLEASE
#define RECORD(i) it[i] = ready
#else
#define RECORD(i) it[i] = leased; tries[i] = 1; tok[i] = NEWTOK
#endif
#define HAND(t, i) \
  reg[t] = 0; RECORD(i); msg[IN(t, i)] = 1; mtok[IN(t, i)] = NEWTOK; mlife[IN(t, i)] = life[i]; next++
/* One item for now: to who stands by, unless others are ready. */
#define PUT(i) \
  if \
  :: FIRST(0) && !MORE -> HAND(0, i) \
  :: FIRST(1) && !MORE -> HAND(1, i) \
  :: else -> it[i] = ready; WAKE \
  fi

#define ITEM(i) \
  /* PUT, ready or delayed; with a unique key that is taken: refused, and tried again at the end */ \
  :: d_step { it[i] == absent && !refused[i] -> \
       if :: KEYED(i) && key -> refused[i] = 1 \
          :: else -> PUT(i); if :: KEYED(i) -> key = 1 :: else fi fi } \
  :: d_step { b > 0 && it[i] == absent && !refused[i] && !(KEYED(i) && key) -> \
       b--; it[i] = delayed; WAKE; if :: KEYED(i) -> key = 1 :: else fi } \
  :: d_step { refused[i] && !key -> refused[i] = 0 } \
  :: d_step { it[i] == delayed -> it[i] = due }   /* its time has come; the next TAKE sees it */ \
  /* a lease runs out; by then its taker, who counts from before it asked, knows */ \
  :: d_step { b > 0 && it[i] == leased && !overdue[i] -> b--; OVERDUE(i) } \
  /* one that nobody holds runs out in the end, whatever the budget */ \
  :: d_step { it[i] == leased && !overdue[i] && !HOLDS(i) -> OVERDUE(i) } \
  /* DELETE: its taker may go on working, its lease is lost */ \
  :: d_step { b > 0 && i == 0 && it[i] != absent && it[i] != done && it[i] != gone -> b--; \
       if :: it[i] != dead -> FREEKEY(i) :: else fi; \
       it[i] = gone; tok[i] = 0; overdue[i] = 0; \
       FORGETS(0, i); FORGETS(1, i); \
       if :: hold[0] == 1 -> hvalid[0] = 0 :: else fi; if :: hold[1] == 1 -> hvalid[1] = 0 :: else fi }

active proctype world() {
  k = 0;
  do :: k < ITEMS -> it[k] = absent; k++ :: else -> break od;
  k = 0;
  do
  TAKER(0)
  TAKER(1)
  ITEM(0)
  ITEM(1)
#if ITEMS == 3
  ITEM(2)
#endif
#ifdef EMPTY
  /* Redis is emptied; what had no end is gone, item 0 is put again in a new epoch. */
  :: d_step { b > 0 && e > 0 -> b--; e = 0; wake = 0; key = 0; k = 0; reg[0] = 0; reg[1] = 0;
       FORGETS(0, 0); FORGETS(1, 0); FORGETS(0, 1); FORGETS(1, 1);
       do
       :: k < ITEMS && it[k] != absent && it[k] != done && it[k] != dead ->
            it[k] = (k == 0 -> ready : gone); tok[k] = 0; overdue[k] = 0; tries[k] = 0; life[k]++;
            if :: k == 0 && KEYED(0) -> key = 1 :: else fi; k++
       :: k < ITEMS && !(it[k] != absent && it[k] != done && it[k] != dead) -> k++
       :: k == ITEMS -> break
       od;
       k = 0; hvalid[0] = 0; hvalid[1] = 0;
#if defined(NOEPOCH)
       /* the numbers begin anew, and so does what stands for chance: a token may come again */
       next = 1;
#endif
       if :: it[0] == ready -> wake = 1 :: else fi }
#endif
  :: d_step { b > 0 -> b = 0 }
  :: else -> break
  od;
  skip;
  /* All is quiet: each item is done once, or dead for a reason, or was lost or deleted by others. */
  d_step { skip; k = 0;
    do
    :: k < ITEMS ->
         assert(it[k] == done || it[k] == gone || (it[k] == dead && tries[k] >= TRIES));
         assert(effects[k] <= 1); k++
    :: else -> break
    od;
    assert(!key) }
}
