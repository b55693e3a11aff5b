-- What a warehouse holds, as files for ClickHouse.
COPY (
    SELECT day, kafka_partition AS partition, code AS country, platform.name AS source, artists AS credit, song, plays
    FROM daily JOIN country USING (country) JOIN platform USING (platform) JOIN credit USING (credit)
) TO '{folder}/daily.parquet';
COPY (
    SELECT make_timestamp(second * 1000000) AS second, code AS country, platform.name AS source, song, sum(plays)::UBIGINT AS plays
    FROM live JOIN country USING (country) JOIN platform USING (platform)
    GROUP BY ALL
) TO '{folder}/live.parquet';
COPY (
    SELECT
        song, external_id AS song_id, matched, title, title_folded, title_plain, album, album_folded, album_plain, album_artist,
        album_artist_folded, genre, genre_folded, artists AS credited, artist_count, coalesce(artist_names, []) AS artist_names, coalesce(artists_folded, []) AS artists_folded,
        coalesce(artists_plain, []) AS artists_plain
    FROM song_detail
    LEFT JOIN (
        SELECT song, list(artist) AS artist_names, list(artist_folded) AS artists_folded, list(artist_plain) AS artists_plain
        FROM song_artist
        GROUP BY song
    ) USING (song)
) TO '{folder}/song.parquet';
