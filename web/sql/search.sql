-- Best match first, then the most played: the whole name, its beginning, a word's beginning, anywhere in it, then small typing errors.
WITH facts AS (
    {facts}
), named AS (
    {named}
), found AS (
    SELECT
        *,
        CASE
            WHEN plain LIKE '%' || $pattern || '%' THEN CASE
                WHEN plain = $plain THEN 0
                WHEN plain LIKE $pattern || '%' THEN 1
                WHEN plain LIKE '% ' || $pattern || '%' THEN 2
                ELSE 3
            END
            {misspelt}
        END AS distance
    FROM named
    WHERE distance IS NOT NULL
)
SELECT {names}, arg_max(external_id, (plays::HUGEINT << 32) - song) AS {id}, sum(plays)::BIGINT AS plays, count(*) OVER () AS found
FROM found
JOIN facts USING (song)
JOIN song USING (song)
GROUP BY {names}, one, distance
ORDER BY distance, plays DESC, {names}, {id}
LIMIT $limit
