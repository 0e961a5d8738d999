-- SPDX-License-Identifier: Apache-2.0
-- The tables beside the partitions of events.  Times are microseconds UTC
-- since 1970; numbers for kinds, classes, states are those of the enums in
-- include/weir, and the views show their names.  The partitions themselves,
-- their indexes and the views over them are made by src/store.

-- One row for each table events_NNNNNN, with its keys_NNNNNN to search by.
CREATE TABLE partition (
	id	INTEGER PRIMARY KEY,	-- the N of events_N
	first_seq INTEGER NOT NULL,
	last_seq INTEGER NOT NULL,	-- first_seq - 1: empty
	min_at	INTEGER,		-- of its events
	max_at	INTEGER,
	rows	INTEGER NOT NULL,
	closed	INTEGER NOT NULL,	-- takes no more events
	keyed	INTEGER NOT NULL	-- last seq whose keys are in keys_N
) STRICT;

-- What became known of a stored event later.
CREATE TABLE revision (
	seq	INTEGER PRIMARY KEY,	-- of the same sequence as events
	event_id BLOB NOT NULL,
	old_class INTEGER NOT NULL,
	new_class INTEGER NOT NULL,
	policy	INTEGER,		-- version that said so
	why	TEXT NOT NULL
) STRICT;

-- Counted pairs, rejects and logins; n sums `repeat`.
CREATE TABLE traffic (
	hour	INTEGER NOT NULL,	-- hours since 1970
	class	INTEGER NOT NULL,
	n	INTEGER NOT NULL,
	PRIMARY KEY (hour, class)
) STRICT, WITHOUT ROWID;

-- State the engine hands out and asks back: unfinished messages, sessions.
CREATE TABLE kept (
	key	BLOB NOT NULL UNIQUE,
	at	INTEGER NOT NULL,	-- last change, for retention
	due	INTEGER NOT NULL,	-- wants to be woken then; 0: never
	blob	BLOB NOT NULL
) STRICT;
CREATE INDEX kept_due ON kept (due, key) WHERE due <> 0;
CREATE INDEX kept_at ON kept (at);

CREATE TABLE alert (
	id	BLOB NOT NULL UNIQUE,	-- 16 bytes
	detector TEXT NOT NULL,
	severity INTEGER NOT NULL,
	state	INTEGER NOT NULL,
	host	TEXT,
	key_type INTEGER NOT NULL,
	key	TEXT,
	opened	INTEGER NOT NULL,	-- event time
	first_seen INTEGER NOT NULL,
	last_seen INTEGER NOT NULL,
	count	INTEGER NOT NULL,
	title	TEXT,
	historical INTEGER NOT NULL,
	shadow	INTEGER NOT NULL,
	blob	BLOB NOT NULL		-- all of it: reasons, evidence, runbook
) STRICT;
CREATE INDEX alert_opened ON alert (opened, id);
CREATE INDEX alert_live ON alert (state) WHERE state <> 2;

-- A log by what it contains; see include/weir/stream.h.
CREATE TABLE stream (
	id	INTEGER PRIMARY KEY,
	chain	INTEGER NOT NULL,
	fingerprint_len INTEGER NOT NULL,
	fingerprint BLOB NOT NULL,
	offset	INTEGER NOT NULL,
	cursor	TEXT NOT NULL,
	name	TEXT NOT NULL,
	host	TEXT NOT NULL,
	zone	TEXT NOT NULL,
	year	INTEGER NOT NULL,
	last_at	INTEGER NOT NULL
) STRICT;

CREATE TABLE outbox (
	id	INTEGER PRIMARY KEY,
	webhook	TEXT NOT NULL,
	webhook_id TEXT NOT NULL,	-- the idempotency key receivers see
	type	TEXT NOT NULL,
	alert	BLOB NOT NULL,
	body	TEXT NOT NULL,
	state	INTEGER NOT NULL,	-- 0 waits, 1 delivered, 2 given up
	created	INTEGER NOT NULL,	-- wall clock, as the next two
	next_try INTEGER NOT NULL,
	settled	INTEGER,
	attempts INTEGER NOT NULL,
	last_code INTEGER NOT NULL,
	last_error TEXT NOT NULL,
	UNIQUE (webhook_id, webhook)
) STRICT;
CREATE INDEX outbox_waiting ON outbox (next_try) WHERE state = 0;

CREATE TABLE value (
	name	TEXT PRIMARY KEY,
	value	BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Policy versions that events name.
CREATE TABLE policy (
	version	INTEGER PRIMARY KEY,
	at	INTEGER NOT NULL,
	beliefs	TEXT NOT NULL		-- JSON
) STRICT;
