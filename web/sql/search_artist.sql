-- Best match first: the whole name, its beginning, a word's beginning, anywhere in it, then small typing errors.
WITH found AS (
    SELECT
        artist,
        CASE
            WHEN plain = $plain THEN 0
            WHEN regexp_matches(plain, '^' || $pattern) THEN 1
            WHEN regexp_matches(plain, ' ' || $pattern) THEN 2
            WHEN regexp_matches(plain, $pattern) THEN 3
            WHEN damerau_levenshtein(plain, $plain) <= $errors THEN 4
            WHEN damerau_levenshtein(plain[:length($plain)], $plain) <= $errors THEN 5
            WHEN list_min(list_transform(string_split(plain, ' '), lambda word: damerau_levenshtein(word, $plain))) <= $errors THEN 6
        END AS distance
    FROM (
        SELECT artist, trim(regexp_replace(any_value(artist_folded), '[^\p{{L}}\p{{N}}]+', ' ', 'g')) AS plain
        FROM song_artist
        WHERE {artist_where}
        GROUP BY artist
    )
    WHERE distance IS NOT NULL
)
SELECT artist, arg_max(external_id, plays) AS song_id, sum(plays)::BIGINT AS plays, count(*) OVER () AS found
FROM found
JOIN song_artist USING (artist)
JOIN song USING (song)
JOIN (SELECT song, sum(plays)::BIGINT AS plays FROM daily WHERE {where} GROUP BY song) USING (song)
GROUP BY artist, distance
ORDER BY distance, plays DESC, artist
LIMIT $limit
