-- The stored keys with their plays, in the order of their names: what comes after a given key, a page of it.
-- Names and not numbers order it, so that an auditor can tell which keys a page must hold.
WITH later_days AS (
    SELECT day, sum(count(*)) OVER (ORDER BY day) AS rows_until
    FROM daily
    WHERE day > $after_day AND {where}
    GROUP BY day
), reached AS ( -- the days from which a page is filled: names are looked up and sorted for no others
    SELECT *
    FROM daily
    WHERE day >= $after_day AND {where}
        AND day <= coalesce((SELECT min(day) FROM later_days WHERE rows_until >= $limit), DATE '9999-12-31')
)
SELECT day AS date, external_id AS song_id, code AS country, platform.name AS source, kafka_partition AS partition, artists, plays
FROM reached
JOIN song USING (song)
JOIN country USING (country)
JOIN platform USING (platform)
JOIN credit USING (credit)
WHERE (day > $after_day OR external_id >= $after_song)
    AND (day, external_id, code, platform.name, kafka_partition, artists)
        > ($after_day, $after_song, $after_country, $after_source, $after_partition, $after_artists)
ORDER BY ALL
LIMIT $limit
