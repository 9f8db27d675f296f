-- SPDX-License-Identifier: BSD-2-Clause
--
-- The log, version 1.  docs/log.md explains every table and column.
--
-- Easy to get wrong: OR REPLACE removes a row without asking the triggers that
-- refuse DELETE (recursive_triggers is off), hence the third trigger on each
-- table, which looks for the row that would be replaced.  A table that gets
-- another UNIQUE constraint than its key must look for that too.

PRAGMA application_id = 1986622572;	-- 'vitl'

-- The words of the numbers below, and what each vital is.  Filled by the
-- daemon, so that the log explains itself.
CREATE TABLE code (
	family TEXT NOT NULL,
	n INTEGER NOT NULL,
	word TEXT NOT NULL,
	PRIMARY KEY (family, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE vital (
	n INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	label TEXT NOT NULL,
	ucum TEXT NOT NULL,
	per_unit INTEGER NOT NULL,
	loinc TEXT NOT NULL,
	mdc INTEGER NOT NULL
) STRICT;

-- Every record: seq orders the whole log; start is the seq of the process
-- start that wrote it; t_ms is CLOCK_BOOTTIME of that start's boot.
CREATE TABLE start (
	seq INTEGER PRIMARY KEY,
	t_ms INTEGER NOT NULL,
	wall_ms INTEGER NOT NULL,
	synced INTEGER NOT NULL,
	start_id TEXT NOT NULL,
	boot_id TEXT NOT NULL,
	version TEXT NOT NULL
) STRICT;
CREATE TABLE clock (
	seq INTEGER PRIMARY KEY,
	start INTEGER NOT NULL REFERENCES start(seq),
	t_ms INTEGER NOT NULL,
	wall_ms INTEGER NOT NULL,
	synced INTEGER NOT NULL
) STRICT;
CREATE TABLE port (
	n INTEGER PRIMARY KEY,
	start INTEGER NOT NULL REFERENCES start(seq),
	t_ms INTEGER NOT NULL,
	wall_ms INTEGER NOT NULL,
	synced INTEGER NOT NULL,
	name TEXT NOT NULL,
	bed TEXT NOT NULL,
	driver TEXT NOT NULL,
	path TEXT NOT NULL
) STRICT;
CREATE TABLE segment (
	n INTEGER PRIMARY KEY,
	start INTEGER NOT NULL REFERENCES start(seq),
	t_ms INTEGER NOT NULL,
	wall_ms INTEGER NOT NULL,
	synced INTEGER NOT NULL,
	name TEXT NOT NULL
) STRICT;
CREATE TABLE span (
	seq INTEGER PRIMARY KEY,
	start INTEGER NOT NULL REFERENCES start(seq),
	t_ms INTEGER NOT NULL,
	wall_ms INTEGER NOT NULL,
	synced INTEGER NOT NULL,
	session TEXT NOT NULL,
	segment INTEGER NOT NULL REFERENCES segment(n),
	edge TEXT NOT NULL CHECK (edge IN ('first', 'last')),
	row INTEGER NOT NULL
) STRICT;
CREATE TABLE statement (
	seq INTEGER PRIMARY KEY,
	start INTEGER NOT NULL REFERENCES start(seq),
	t_ms INTEGER NOT NULL,
	wall_ms INTEGER NOT NULL,
	synced INTEGER NOT NULL,
	id TEXT NOT NULL,
	kind INTEGER NOT NULL,
	session TEXT NOT NULL,
	bed TEXT NOT NULL,
	at_ms INTEGER NOT NULL,
	at_wall_ms INTEGER NOT NULL,
	entered_by TEXT NOT NULL,
	stated_by TEXT NOT NULL,
	amends TEXT,
	withdrawn INTEGER NOT NULL,
	subject TEXT NOT NULL,
	text TEXT NOT NULL
) STRICT;
CREATE TABLE alarm (
	seq INTEGER PRIMARY KEY,
	start INTEGER NOT NULL REFERENCES start(seq),
	t_ms INTEGER NOT NULL,
	wall_ms INTEGER NOT NULL,
	synced INTEGER NOT NULL,
	event TEXT NOT NULL,
	condition TEXT NOT NULL,
	tier TEXT NOT NULL,
	type INTEGER NOT NULL,
	phase INTEGER NOT NULL,
	state INTEGER NOT NULL,
	priority INTEGER NOT NULL,
	level INTEGER NOT NULL,
	acknowledged INTEGER NOT NULL,
	confirmed INTEGER NOT NULL,
	paused INTEGER NOT NULL,
	demo INTEGER NOT NULL,
	bed TEXT NOT NULL,
	session TEXT NOT NULL,
	session_phase INTEGER NOT NULL,
	infusion_ms INTEGER,
	vital INTEGER,
	value INTEGER,
	threshold INTEGER,
	value_age_ms INTEGER,
	since_ms INTEGER NOT NULL,
	stated_by TEXT NOT NULL,
	text TEXT NOT NULL
) STRICT;
CREATE TABLE notice (
	seq INTEGER PRIMARY KEY,
	start INTEGER NOT NULL REFERENCES start(seq),
	t_ms INTEGER NOT NULL,
	wall_ms INTEGER NOT NULL,
	synced INTEGER NOT NULL,
	key TEXT NOT NULL,
	channel TEXT NOT NULL,
	priority INTEGER NOT NULL,
	event TEXT,
	body TEXT NOT NULL
) STRICT;
CREATE TABLE delivery (
	seq INTEGER PRIMARY KEY,
	start INTEGER NOT NULL REFERENCES start(seq),
	t_ms INTEGER NOT NULL,
	wall_ms INTEGER NOT NULL,
	synced INTEGER NOT NULL,
	key TEXT NOT NULL,
	channel TEXT NOT NULL,
	attempt INTEGER NOT NULL,
	outcome INTEGER NOT NULL,
	took_ms INTEGER NOT NULL,
	detail TEXT NOT NULL
) STRICT;
CREATE TABLE event (
	seq INTEGER PRIMARY KEY,
	start INTEGER NOT NULL REFERENCES start(seq),
	t_ms INTEGER NOT NULL,
	wall_ms INTEGER NOT NULL,
	synced INTEGER NOT NULL,
	kind INTEGER NOT NULL,
	bed TEXT NOT NULL,
	port TEXT NOT NULL,
	session TEXT NOT NULL,
	from_ms INTEGER NOT NULL,
	to_ms INTEGER NOT NULL,
	count INTEGER NOT NULL,
	text TEXT NOT NULL
) STRICT;

CREATE INDEX clock_by_start ON clock (start, t_ms);
CREATE INDEX span_by_session ON span (session);
CREATE INDEX statement_by_session ON statement (session);
CREATE INDEX statement_by_kind ON statement (kind, session);
CREATE INDEX statement_by_id ON statement (id);
CREATE INDEX statement_by_amends ON statement (amends)
	WHERE amends IS NOT NULL;
CREATE INDEX alarm_by_session ON alarm (session);
CREATE INDEX alarm_by_event ON alarm (event);
CREATE INDEX notice_by_event ON notice (event);
CREATE INDEX notice_by_key ON notice (key);
CREATE INDEX delivery_by_key ON delivery (key, outcome);
CREATE INDEX event_by_session ON event (session);
CREATE INDEX event_by_kind ON event (kind, session);

CREATE TRIGGER code_update BEFORE UPDATE ON code
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER code_delete BEFORE DELETE ON code
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER code_replace BEFORE INSERT ON code
WHEN EXISTS (SELECT 1 FROM code WHERE family = NEW.family AND n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER vital_update BEFORE UPDATE ON vital
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER vital_delete BEFORE DELETE ON vital
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER vital_replace BEFORE INSERT ON vital
WHEN EXISTS (SELECT 1 FROM vital WHERE n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER start_update BEFORE UPDATE ON start
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER start_delete BEFORE DELETE ON start
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER start_replace BEFORE INSERT ON start
WHEN EXISTS (SELECT 1 FROM start WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER clock_update BEFORE UPDATE ON clock
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER clock_delete BEFORE DELETE ON clock
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER clock_replace BEFORE INSERT ON clock
WHEN EXISTS (SELECT 1 FROM clock WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER port_update BEFORE UPDATE ON port
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER port_delete BEFORE DELETE ON port
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER port_replace BEFORE INSERT ON port
WHEN EXISTS (SELECT 1 FROM port WHERE n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER segment_update BEFORE UPDATE ON segment
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER segment_delete BEFORE DELETE ON segment
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER segment_replace BEFORE INSERT ON segment
WHEN EXISTS (SELECT 1 FROM segment WHERE n = NEW.n)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER span_update BEFORE UPDATE ON span
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER span_delete BEFORE DELETE ON span
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER span_replace BEFORE INSERT ON span
WHEN EXISTS (SELECT 1 FROM span WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER statement_update BEFORE UPDATE ON statement
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER statement_delete BEFORE DELETE ON statement
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER statement_replace BEFORE INSERT ON statement
WHEN EXISTS (SELECT 1 FROM statement WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER alarm_update BEFORE UPDATE ON alarm
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER alarm_delete BEFORE DELETE ON alarm
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER alarm_replace BEFORE INSERT ON alarm
WHEN EXISTS (SELECT 1 FROM alarm WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER notice_update BEFORE UPDATE ON notice
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER notice_delete BEFORE DELETE ON notice
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER notice_replace BEFORE INSERT ON notice
WHEN EXISTS (SELECT 1 FROM notice WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER delivery_update BEFORE UPDATE ON delivery
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER delivery_delete BEFORE DELETE ON delivery
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER delivery_replace BEFORE INSERT ON delivery
WHEN EXISTS (SELECT 1 FROM delivery WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER event_update BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER event_delete BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER event_replace BEFORE INSERT ON event
WHEN EXISTS (SELECT 1 FROM event WHERE seq = NEW.seq)
BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;

-- For people and scripts: words for numbers, UTC as text.
CREATE VIEW statements AS SELECT seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', wall_ms / 1000.0, 'unixepoch') AS entered_at,
	strftime('%Y-%m-%dT%H:%M:%fZ', at_wall_ms / 1000.0, 'unixepoch') AS happened_at,
	(SELECT word FROM code WHERE family = 'statement'
	    AND n = kind) AS statement,
	session, bed, entered_by, stated_by, id, amends, withdrawn, subject, text
FROM statement;
CREATE VIEW alarms AS SELECT seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', alarm.wall_ms / 1000.0, 'unixepoch') AS at,
	event, condition, tier,
	(SELECT word FROM code WHERE family = 'alarm-type'
	    AND n = type) AS type,
	(SELECT word FROM code WHERE family = 'alarm-phase'
	    AND n = phase) AS phase,
	(SELECT word FROM code WHERE family = 'alarm-state'
	    AND n = state) AS state,
	(SELECT word FROM code WHERE family = 'priority'
	    AND n = priority) AS priority,
	(SELECT word FROM code WHERE family = 'priority'
	    AND n = level) AS level,
	acknowledged, confirmed, paused, demo, bed, session,
	(SELECT word FROM code WHERE family = 'phase'
	    AND n = session_phase) AS session_phase,
	infusion_ms / 1000.0 AS infusion_s, vital.name AS vital, value, threshold,
	value_age_ms, stated_by, text
FROM alarm LEFT JOIN vital ON vital.n = alarm.vital;
CREATE VIEW notices AS SELECT seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', wall_ms / 1000.0, 'unixepoch') AS made_at,
	key, channel,
	(SELECT word FROM code WHERE family = 'priority'
	    AND n = priority) AS priority,
	event, body,
	(SELECT count(*) FROM delivery WHERE delivery.key = notice.key
	    AND delivery.channel = notice.channel) AS attempts,
	(SELECT strftime('%Y-%m-%dT%H:%M:%fZ',
	    min(delivery.wall_ms) / 1000.0, 'unixepoch')
	    FROM delivery WHERE delivery.key = notice.key AND outcome = 0
	    AND delivery.channel = notice.channel) AS delivered_at
FROM notice;
CREATE VIEW deliveries AS SELECT seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', wall_ms / 1000.0, 'unixepoch') AS at,
	key, channel, attempt,
	(SELECT word FROM code WHERE family = 'outcome'
	    AND n = outcome) AS outcome,
	took_ms,
	detail
FROM delivery;
CREATE VIEW events AS SELECT seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', wall_ms / 1000.0, 'unixepoch') AS at,
	(SELECT word FROM code WHERE family = 'event'
	    AND n = kind) AS event,
	bed, port, session, from_ms, to_ms,
	count, text
FROM event;
-- Times as last corrected; a withdrawn statement is left out.
CREATE VIEW transitions AS SELECT s.seq, s.session, s.bed, s.id, s.kind,
	(SELECT word FROM code WHERE family = 'statement'
	    AND n = s.kind) AS statement,
	COALESCE((SELECT at_wall_ms FROM statement a WHERE a.amends = s.id
	    AND a.kind = 9 ORDER BY a.seq DESC LIMIT 1), s.at_wall_ms)
	    AS wall_ms
FROM statement s WHERE s.kind <= 6 AND NOT EXISTS (SELECT 1 FROM statement a
	WHERE a.amends = s.id AND a.kind = 9 AND a.withdrawn);
CREATE VIEW sessions AS SELECT b.session, b.bed,
	(SELECT subject FROM statement s WHERE s.session = b.session
	    AND s.kind IN (0, 13) ORDER BY seq DESC LIMIT 1) AS subject,
	strftime('%Y-%m-%dT%H:%M:%fZ', b.wall_ms / 1000.0, 'unixepoch') AS began_at,
	strftime('%Y-%m-%dT%H:%M:%fZ', e.wall_ms / 1000.0, 'unixepoch') AS ended_at,
	CASE e.kind WHEN 5 THEN 'closed' WHEN 6 THEN 'aborted' ELSE 'open' END
	    AS state
FROM transitions b LEFT JOIN transitions e
	ON e.session = b.session AND e.kind IN (5, 6)
WHERE b.kind = 0;
-- The rows of a session in each segment; last_row NULL: it still grows.
CREATE VIEW spans AS SELECT session, segment, segment.name AS segment_name,
	min(row) FILTER (WHERE edge = 'first') AS first_row,
	max(row) FILTER (WHERE edge = 'last') AS last_row
FROM span JOIN segment ON segment.n = span.segment GROUP BY session, segment;
