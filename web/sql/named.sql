-- What can be searched: a row for each song behind a name. `one` keeps things of one name apart.
-- name: artist
SELECT 'artist' AS kind, artist, artist AS name, '' AS artists, artist_plain AS plain, artist_marks AS marks, song, 0 AS one
FROM song_artist
WHERE {artist_where}
-- name: song
SELECT 'song' AS kind, '' AS artist, title AS name, artists, title_plain AS plain, title_marks AS marks, song, song AS one
FROM song_detail
-- name: album
SELECT 'album' AS kind, '' AS artist, album AS name, album_artist AS artists, album_plain AS plain, album_marks AS marks, song, 0 AS one
FROM song_detail
WHERE album <> ''
