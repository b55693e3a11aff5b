-- Most played first. A play counts once for each group that it belongs to; for artists that is each credited one.
WITH {asked} groups AS MATERIALIZED (
    SELECT {keys}, sum(plays)::BIGINT AS plays, {earned} AS income, {most_played} AS song_id
    FROM ({facts}) AS facts {grouped}
    GROUP BY {keys}
)
SELECT {columns}, plays, income, {song_id} AS song_id, (SELECT count(*) FROM groups) AS found, {group_keys}
FROM groups {named}
ORDER BY plays DESC, {names}, song_id
LIMIT $limit OFFSET $offset
