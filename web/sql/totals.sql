-- One row over all facts that the filters leave; a play counts once, however many artists share it.
WITH {asked} facts AS MATERIALIZED (
    {facts}
), places AS (
    {places}
)
SELECT
    coalesce(sum(plays), 0)::BIGINT AS plays,
    coalesce({earned}, 0) AS income,
    (SELECT count(DISTINCT artist) FROM song_artist WHERE song IN (SELECT song FROM facts) AND {artist_where}) AS artists,
    count(DISTINCT song) AS songs,
    (SELECT count(*) FROM places JOIN country USING (country) WHERE code <> 'ZZ') AS countries,
    coalesce(sum(plays) FILTER (NOT matched), 0)::BIGINT AS unmatched
FROM facts JOIN (SELECT song, matched FROM song_detail) USING (song)
