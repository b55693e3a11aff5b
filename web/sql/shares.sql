-- What part of a song's income is asked for: all of it, or that of the artists in the filter.
-- name: whole
SELECT song, 1 AS share FROM song_detail
-- name: of_artists
SELECT song, (count(*) / any_value(artist_count))::DECIMAL(19, 18) AS share
FROM song_artist JOIN song_detail USING (song)
WHERE {artist_where}
GROUP BY song
-- name: per_artist
SELECT song, artist, artist_folded, (1 / artist_count)::DECIMAL(19, 18) AS share
FROM song_artist JOIN song_detail USING (song)
WHERE {artist_where}
