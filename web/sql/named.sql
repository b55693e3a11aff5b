-- What can be searched: a row for each song behind a name. `one` keeps things of one name apart.
-- name: artist
SELECT 'artist' AS kind, artist, artist AS name, '' AS artists, artist_plain AS plain, song, external_id, 0 AS one
FROM (SELECT artist_marks AS marks, * FROM song_artist)
WHERE ({kept}) AND {artist_where}
-- name: song
SELECT 'song' AS kind, '' AS artist, title AS name, artists, title_plain AS plain, song, external_id, song AS one
FROM (SELECT title_marks AS marks, * FROM song_detail)
WHERE {kept}
-- name: album
SELECT 'album' AS kind, '' AS artist, album AS name, album_artist AS artists, album_plain AS plain, song, external_id, 0 AS one
FROM (SELECT album_marks AS marks, * FROM song_detail)
WHERE ({kept}) AND album <> ''
