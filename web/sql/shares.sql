-- Whose income is asked for: what to add up, and the join that it needs. `credited` of a song's `artist_count` artists share its income.
-- Most songs have one artist, and dividing 128 bits takes longer than everything else together.
-- name: whole
sum(earned)

-- name: of_artists
sum(CASE WHEN credited = shares.artist_count THEN earned ELSE earned * credited // shares.artist_count END)
JOIN (
    SELECT song, count(*) AS credited, any_value(artist_count) AS artist_count
    FROM song_artist
    WHERE {artist_where}
    GROUP BY song
) AS shares USING (song)
-- name: per_artist
sum(CASE WHEN credited = shares.artist_count THEN earned ELSE earned * credited // shares.artist_count END)
JOIN (
    SELECT song, artist, 1 AS credited, artist_count
    FROM song_artist
    WHERE {artist_where}
) AS shares USING (song)
