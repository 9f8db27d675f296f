-- SPDX-License-Identifier: BSD-2-Clause
--
-- The log, version 2: which sessions have readings in a segment, and which
-- segments retention removed.
--
-- Easy to get wrong: a migration runs in the transaction in which vitalsd takes
-- up writing, so it may take no longer than a second on a log of years.

CREATE INDEX span_by_segment ON span (segment);

CREATE VIEW removals AS SELECT seq,
	strftime('%Y-%m-%dT%H:%M:%fZ', wall_ms / 1000.0, 'unixepoch') AS at,
	json_extract(text, '$.segment') AS segment,
	count AS readings,
	strftime('%Y-%m-%dT%H:%M:%fZ', from_ms / 1000.0, 'unixepoch') AS began_at,
	strftime('%Y-%m-%dT%H:%M:%fZ', to_ms / 1000.0, 'unixepoch') AS ended_at,
	json_extract(text, '$.setting') AS setting
FROM event WHERE kind = 20;
