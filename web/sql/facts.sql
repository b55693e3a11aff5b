-- The stored keys with their plays, in the order of their names: what comes after a given key, a page of it.
-- Names and not numbers order it, so that an auditor can tell which keys a page must hold.
SELECT day AS date, external_id AS song_id, code AS country, platform.name AS source, kafka_partition AS partition, artists, plays
FROM daily
JOIN song USING (song)
JOIN country USING (country)
JOIN platform USING (platform)
JOIN credit USING (credit)
WHERE day BETWEEN $after_day AND $last_day
    AND {where}
    AND (NOT $one_day OR external_id BETWEEN $after_song AND $last_song) -- other songs are left out before anything is joined
    AND (day > $after_day OR external_id >= $after_song)
    AND (day < $last_day OR external_id <= $last_song)
    AND (day, external_id, code, platform.name, kafka_partition, artists)
        > ($after_day, $after_song, $after_country, $after_source, $after_partition, $after_artists)
ORDER BY ALL
LIMIT $limit
