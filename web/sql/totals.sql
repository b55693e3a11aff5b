-- One row over all facts that the filters leave; a play counts once, however many artists share it.
WITH facts AS (
    SELECT song, country, sum(plays)::BIGINT AS plays
    FROM daily
    WHERE {where}
    GROUP BY ALL
), shares AS (
    {shares}
)
SELECT
    coalesce(sum(plays), 0)::BIGINT AS plays,
    coalesce(sum(plays * share), 0) AS income,
    (SELECT count(DISTINCT artist) FROM song_artist WHERE song IN (SELECT song FROM facts) AND {artist_where}) AS artists,
    count(DISTINCT song) AS songs,
    count(DISTINCT country) FILTER (code <> 'ZZ') AS countries,
    coalesce(sum(plays) FILTER (NOT matched), 0)::BIGINT AS unmatched
FROM facts
JOIN shares USING (song)
JOIN song_detail USING (song)
JOIN country USING (country)
