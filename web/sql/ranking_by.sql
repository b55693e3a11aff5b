-- Most played first. A play counts once for each group that it belongs to; for artists that is each credited one.
WITH facts AS (
    {facts}
), groups AS MATERIALIZED (
    SELECT {columns}, sum(plays)::BIGINT AS plays, {earned} AS income, {most_played} AS song, {keys}
    FROM facts
    {shares}
    {joins}
    GROUP BY {groups}
), page AS (
    SELECT *, (SELECT count(*) FROM groups) AS found
    FROM groups
    ORDER BY plays DESC, {names}, song
    LIMIT $limit OFFSET $offset
)
SELECT {names}, plays, income, coalesce(external_id, '') AS song_id, found, {key_names}
FROM page LEFT JOIN song USING (song)
ORDER BY plays DESC, {names}, song_id
