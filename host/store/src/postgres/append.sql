-- One statement is the whole transaction: one round trip, one flush, no lock held while the network is waited for.
-- Parts see the state before it, so what they tell each other goes through RETURNING.
WITH held AS MATERIALIZED (
    -- The fence: this epoch, not given up, at this head, with a database that keeps what it acknowledges.
    SELECT run, tenant FROM runs
    WHERE run = $1 AND epoch = $2 AND host IS NOT NULL AND live AND head = $3 AND head_hash = $4 AND {durable}
    FOR NO KEY UPDATE
),
opened AS (
    INSERT INTO reservations (run, account, key, amount)
    SELECT held.run, r.account, r.key, r.amount
    FROM held, unnest($16::text[], $17::text[], $18::bigint[]) AS r (account, key, amount)
    ON CONFLICT DO NOTHING
    RETURNING account, amount
),
named AS MATERIALIZED (
    SELECT account, key, actual FROM unnest($19::text[], $20::text[], $21::bigint[]) AS n (account, key, actual)
),
closed AS (
    DELETE FROM reservations r USING held
    WHERE r.run = held.run AND ($22::int = 2 OR EXISTS (SELECT 1 FROM named n WHERE n.account = r.account AND n.key = r.key))
    RETURNING r.account, r.key, r.amount
),
settled AS MATERIALIZED (
    SELECT c.account, n.actual, c.amount FROM closed c LEFT JOIN named n ON n.account = c.account AND n.key = c.key
),
changed AS MATERIALIZED (
    SELECT account, sum(settled)::bigint AS settled, sum(reserved)::bigint AS reserved
    FROM (
        SELECT account, 0::numeric AS settled, amount::numeric AS reserved FROM opened
        UNION ALL
        SELECT account, coalesce(actual, 0), -amount FROM settled
    ) AS moves
    GROUP BY account
),
-- Comparing with the cap and adding are one step on the newest row; always in the same order, so that nobody waits in a circle.
paid AS (
    INSERT INTO accounts AS a (tenant, account, cap, settled, reserved)
    SELECT held.tenant, c.account, NULL, c.settled, c.reserved FROM held, changed c ORDER BY c.account
    ON CONFLICT (tenant, account) DO UPDATE
    SET settled = a.settled + excluded.settled, reserved = a.reserved + excluded.reserved
    WHERE excluded.settled::numeric + excluded.reserved <= 0
        OR a.settled::numeric + a.reserved + excluded.settled + excluded.reserved <= coalesce(a.cap, 9223372036854775807)
    RETURNING a.account
),
consumed AS (
    UPDATE signals s SET consumed = $6 FROM held
    WHERE s.run = held.run AND s.key = ANY ($15::text[]) AND s.consumed IS NULL
    RETURNING s.key
),
written AS (
    INSERT INTO events (run, seq, op, kind, body, at, hash)
    SELECT held.run, $3::bigint + e.n, $5, e.kind, e.body, {now}, e.hash
    FROM held, unnest($8::text[], $9::bytea[], $10::bytea[]) WITH ORDINALITY AS e (kind, body, hash, n)
),
booked AS (
    INSERT INTO ledger (tenant, key, account, amount, memo, at)
    SELECT held.tenant, held.run || '/' || $6::bigint || '/' || (l.n - 1), l.account, l.amount, l.memo, {now}
    FROM held, unnest($11::text[], $12::bigint[], $13::text[]) WITH ORDINALITY AS l (account, amount, memo, n)
),
noted AS (
    INSERT INTO audit (run, seq, i, tenant, at, body)
    SELECT held.run, $6::bigint, a.n - 1, held.tenant, {now}, a.body
    FROM held, unnest($14::bytea[]) WITH ORDINALITY AS a (body, n)
),
verdict AS MATERIALIZED (
    SELECT (SELECT count(*) FROM opened) = cardinality($16::text[])
        AND (SELECT count(*) FROM settled WHERE actual IS NOT NULL) = cardinality($19::text[])
        AND (SELECT count(*) FROM paid) = (SELECT count(*) FROM changed)
        AND (SELECT count(*) FROM consumed) = cardinality($15::text[]) AS fits
)
UPDATE runs r
SET
    -- A head cannot be NULL: what does not fit undoes the whole statement.
    head = CASE WHEN verdict.fits THEN $6::bigint END,
    head_hash = $7,
    consumed = r.consumed + cardinality($15::text[]),
    updated = {now},
    live = $22::int <> 2,
    outcome = $25,
    host = CASE WHEN $22::int = 0 THEN r.host END,
    due = CASE
        WHEN $22::int = 0 THEN r.due
        WHEN $22::int = 2 THEN NULL
        WHEN r.arrived > r.consumed + cardinality($15::text[]) THEN {now}
        ELSE coalesce($23::bigint, {now} + $24::bigint)
    END
FROM held, verdict
WHERE r.run = held.run AND r.epoch = $2 AND r.head = $3
RETURNING r.pool, coalesce(r.host IS NULL AND r.due <= {now}, false)
