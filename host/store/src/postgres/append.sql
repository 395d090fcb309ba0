-- Batches of many runs, each of which is written whole or not at all. One statement is the whole transaction: one round trip, one
-- flush, no lock held while the network is waited for. Parts see the state before it, so what they tell each other goes through
-- RETURNING. A run is here once at most; `of` says to which batch a line belongs.
WITH held AS MATERIALIZED (
    -- The fence: this epoch, not given up, at this head, with a database that keeps what it acknowledges. Always locked in the same
    -- order, so that nobody waits in a circle.
    SELECT b.*, r.tenant
    FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bytea[], $5::text[], $6::bigint[], $7::bytea[], $8::int[], $9::int[],
        $10::bigint[], $11::bigint[], $12::text[]) WITH ORDINALITY
        AS b (run, epoch, head, head_hash, op, last, last_hash, consumes, next, at, after, outcome, of)
    JOIN runs r ON r.run = b.run
    WHERE r.epoch = b.epoch AND r.host IS NOT NULL AND r.live AND r.head = b.head AND r.head_hash = b.head_hash AND {durable}
    ORDER BY r.run
    FOR NO KEY UPDATE OF r
),
opened AS (
    INSERT INTO reservations AS r (run, account, key, amount)
    SELECT held.run, o.account, o.key, o.amount
    FROM held JOIN unnest($13::bigint[], $14::text[], $15::text[], $16::bigint[]) AS o (of, account, key, amount) USING (of)
    ON CONFLICT DO NOTHING
    RETURNING r.run, r.account, r.amount
),
named AS MATERIALIZED (
    SELECT held.run, n.account, n.key, n.actual
    FROM held JOIN unnest($17::bigint[], $18::text[], $19::text[], $20::bigint[]) AS n (of, account, key, actual) USING (of)
),
closed AS (
    DELETE FROM reservations r USING held
    WHERE r.run = held.run
        AND (held.next = 2 OR EXISTS (SELECT 1 FROM named n WHERE n.run = r.run AND n.account = r.account AND n.key = r.key))
    RETURNING r.run, r.account, r.key, r.amount
),
settled AS MATERIALIZED (
    SELECT c.run, c.account, n.actual, c.amount
    FROM closed c LEFT JOIN named n ON n.run = c.run AND n.account = c.account AND n.key = c.key
),
moved AS MATERIALIZED (
    SELECT held.tenant, account, run, sum(settled) AS settled, sum(reserved) AS reserved
    FROM (
        SELECT run, account, 0::numeric AS settled, amount::numeric AS reserved FROM opened
        UNION ALL
        SELECT run, account, coalesce(actual, 0), -amount FROM settled
    ) AS moves
    JOIN held USING (run)
    GROUP BY held.tenant, account, run
),
-- What a batch may not do alone it may not do beside one that gives back as much: `more` is true where any adds.
changed AS MATERIALIZED (
    SELECT tenant, account, sum(settled)::bigint AS settled, sum(reserved)::bigint AS reserved, bool_or(settled + reserved > 0) AS more
    FROM moved
    GROUP BY tenant, account
),
-- Comparing with the cap and adding are one step on the newest row; in the same order always, too.
paid AS (
    INSERT INTO accounts AS a (tenant, account, cap, settled, reserved)
    SELECT tenant, account, NULL, settled, reserved FROM changed ORDER BY tenant, account
    ON CONFLICT (tenant, account) DO UPDATE
    SET settled = a.settled + excluded.settled, reserved = a.reserved + excluded.reserved
    WHERE NOT (SELECT c.more FROM changed c WHERE c.tenant = a.tenant AND c.account = a.account)
        OR a.settled::numeric + a.reserved + excluded.settled + excluded.reserved <= coalesce(a.cap, 9223372036854775807)
    RETURNING a.account
),
consumed AS (
    UPDATE signals s SET consumed = held.last
    FROM held JOIN unnest($21::bigint[], $22::text[]) AS c (of, key) USING (of)
    WHERE s.run = held.run AND s.key = c.key AND s.consumed IS NULL
    RETURNING s.key
),
written AS (
    INSERT INTO events (run, seq, op, kind, body, at, hash)
    SELECT held.run, e.seq, held.op, e.kind, e.body, {now}, e.hash
    FROM held JOIN unnest($23::bigint[], $24::bigint[], $25::text[], $26::bytea[], $27::bytea[]) AS e (of, seq, kind, body, hash) USING (of)
),
booked AS (
    INSERT INTO ledger (tenant, key, account, amount, memo, at)
    SELECT held.tenant, held.run || '/' || held.last || '/' || l.i, l.account, l.amount, l.memo, {now}
    FROM held JOIN unnest($28::bigint[], $29::bigint[], $30::text[], $31::bigint[], $32::text[]) AS l (of, i, account, amount, memo) USING (of)
),
noted AS (
    INSERT INTO audit (run, seq, i, tenant, at, body)
    SELECT held.run, held.last, a.i, held.tenant, {now}, a.body
    FROM held JOIN unnest($33::bigint[], $34::bigint[], $35::bytea[]) AS a (of, i, body) USING (of)
),
verdict AS MATERIALIZED (
    SELECT (SELECT count(*) FROM opened) = (SELECT count(*) FROM held JOIN unnest($13::bigint[]) AS o (of) USING (of))
        AND (SELECT count(*) FROM settled WHERE actual IS NOT NULL) = (SELECT count(*) FROM named)
        AND (SELECT count(*) FROM paid) = (SELECT count(*) FROM changed)
        AND (SELECT count(*) FROM consumed) = (SELECT coalesce(sum(consumes), 0) FROM held) AS fits
)
UPDATE runs r
SET
    -- A head cannot be NULL: what does not fit undoes the whole statement.
    head = CASE WHEN verdict.fits THEN held.last END,
    head_hash = held.last_hash,
    consumed = r.consumed + held.consumes,
    updated = {now},
    live = held.next <> 2,
    outcome = held.outcome,
    host = CASE WHEN held.next = 0 THEN r.host END,
    due = CASE
        WHEN held.next = 0 THEN r.due
        WHEN held.next = 2 THEN NULL
        WHEN r.arrived > r.consumed + held.consumes THEN {now}
        ELSE coalesce(held.at, {now} + held.after)
    END
FROM held, verdict
WHERE r.run = held.run AND r.epoch = held.epoch AND r.head = held.head
RETURNING held.of, r.pool, coalesce(r.host IS NULL AND r.due <= {now}, false)
