-- Most played first. A play counts once for each group that it belongs to; for artists that is each credited one.
WITH facts AS (
    SELECT song{fact_columns}, sum(plays)::BIGINT AS plays
    FROM daily
    WHERE {where}
    GROUP BY ALL
), shares AS (
    {shares}
)
SELECT
    {columns},
    sum(plays)::BIGINT AS plays,
    sum(plays * share) AS income,
    arg_max(external_id, plays) AS song_id,
    count(*) OVER () AS found
FROM facts
JOIN shares USING (song)
JOIN song_detail USING (song)
JOIN song USING (song)
{joins}
GROUP BY {groups}
ORDER BY plays DESC, {names}, song_id
LIMIT $limit OFFSET $offset
