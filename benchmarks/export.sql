-- What a warehouse holds, as files for ClickHouse. `named` has what today's catalogue calls each counted song.
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
        song, song_id, matched, title, title_folded, title_plain, album, album_folded, album_plain, album_artist, album_artist_folded,
        genre, genre_folded, credited, artist_count,
        string_split(artist_names, '/')[:artist_count] AS artist_names,
        string_split(artists_folded, '/')[:artist_count] AS artists_folded,
        string_split(artists_plain, '/')[:artist_count] AS artists_plain
    FROM named
) TO '{folder}/song.parquet';
