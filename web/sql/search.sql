-- Nearest match first, then the most played; `near` has the names that are meant, and how.
WITH {asked} facts AS (
    {facts}
), near AS (
    SELECT unnest($names::VARCHAR[]) AS plain, unnest($matches::UTINYINT[]) AS match
)
SELECT {names}, arg_max(external_id, (plays::HUGEINT << 32) - song) AS {id}, sum(plays)::BIGINT AS plays, count(*) OVER () AS found
FROM ({named}) JOIN near USING (plain) JOIN facts USING (song)
GROUP BY {names}, one, match
ORDER BY match, plays DESC, {names}, {id}
LIMIT $limit
