-- A day and a song by which a page of the facts is full: no names are looked up and sorted of what comes later.
-- Each row of a rollup stands for at least one of the facts.
WITH days AS (
    SELECT day, sum(count(*)) OVER (ORDER BY day) AS rows_until
    FROM {keys}
    WHERE day > $after_day AND {where}
    GROUP BY day
), page_end AS (
    SELECT day, external_id
    FROM {keys} JOIN song USING (song)
    WHERE day >= $after_day
        AND {where}
        AND day <= coalesce((SELECT min(day) FROM days WHERE rows_until >= $limit), DATE '9999-12-31')
        AND (day > $after_day OR external_id >= $after_song)
    ORDER BY day, external_id
    LIMIT 1 OFFSET $limit
)
SELECT
    coalesce(max(day), DATE '9999-12-31') AS last_day, coalesce(max(external_id), '') AS last_song,
    coalesce(max(day) = $after_day, false) AS one_day
FROM page_end
