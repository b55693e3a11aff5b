-- What ClickHouse is asked, by endpoint: what the server answers, said in its dialect and over the facts themselves, kept in one table.

-- name: schema
-- The same rows in ClickHouse, as it likes them: one table of facts, sorted by song, and the names beside it; no projections.
CREATE TABLE daily (
    day Date, partition UInt16, country LowCardinality(String), source LowCardinality(String), credit String, song UInt32, plays UInt64
) ENGINE = MergeTree ORDER BY (song, day, country, source);

CREATE TABLE live (
    second DateTime('UTC'), country LowCardinality(String), source LowCardinality(String), song UInt32, plays UInt64
) ENGINE = MergeTree ORDER BY second;

CREATE TABLE song (
    song UInt32, song_id String, matched Bool, title String, title_folded String, title_plain String, album String, album_folded String,
    album_plain String, album_artist String, album_artist_folded String, genre LowCardinality(String), genre_folded LowCardinality(String), credited String,
    artist_count UInt16, artist_names Array(String), artists_folded Array(String), artists_plain Array(String)
) ENGINE = MergeTree ORDER BY song;

INSERT INTO daily SELECT day, partition, country, source, credit, song, plays FROM file('{folder}/daily.parquet');
INSERT INTO live SELECT second, country, source, song, plays FROM file('{folder}/live.parquet');
INSERT INTO song SELECT * FROM file('{folder}/song.parquet');

OPTIMIZE TABLE daily FINAL;
OPTIMIZE TABLE live FINAL;
OPTIMIZE TABLE song FINAL;

-- name: ranking_by
SELECT
    {keys}, {titles} sum(played) AS plays, sum(played * {share}) * {rate} AS income, {most_played} AS most_played, count() OVER () AS found
FROM (SELECT {fact_columns}, sum(plays) AS played FROM daily WHERE {where} GROUP BY {fact_columns}) AS facts
{joins}
GROUP BY {key_names}
ORDER BY plays DESC, {names}, most_played
LIMIT {limit} OFFSET {offset}

-- name: page
SELECT {names}, plays, income, song_id{trend}
FROM ({ranking}) AS ranked
LEFT JOIN (SELECT song AS most_played, song_id FROM song) AS songs USING (most_played)
{trends}
ORDER BY plays DESC, {names}, song_id

-- name: trends
LEFT JOIN (
    SELECT {keys}, sumMap(map(day, played)) AS of_days
    FROM (SELECT {fact_columns}, day, sum(plays) AS played FROM daily WHERE {trend_where} GROUP BY {fact_columns}, day) AS facts
    {joins}
    GROUP BY {key_names}
) AS trends USING ({key_names})

-- name: evolution_plays_income_from_mv
SELECT
    if(day < {first}, day + {span}, day) AS date,
    sumIf(played, day >= {first}) AS plays, sumIf(played * {share}, day >= {first}) * {rate} AS income
    {previous}
FROM (SELECT {fact_columns}, sum(plays) AS played FROM daily WHERE {where} GROUP BY {fact_columns}) AS facts
{joins}
GROUP BY date
ORDER BY date WITH FILL {fill}

-- name: previous
, sumIf(played, day < {first}) AS previous_plays, sumIf(played * {share}, day < {first}) * {rate} AS previous_income

-- name: evolution_per_second
SELECT second AS date, sum(played) AS plays, sum(played * {share}) * {rate} AS income
FROM (
    SELECT {fact_columns}, sum(plays) AS played
    FROM live
    WHERE second BETWEEN {first} AND {last} AND {where}
    GROUP BY {fact_columns}
) AS facts
{joins}
GROUP BY second
ORDER BY second WITH FILL FROM {first} TO {last} + 1

-- name: totals
SELECT
    sum(played) AS plays, sum(played * {share}) * {rate} AS income, length(groupUniqArrayArray({artists})) AS artists, count() AS songs,
    length(arrayFilter(code -> code <> 'ZZ', groupUniqArrayArray(countries))) AS countries, sumIf(played, NOT matched) AS unmatched
FROM (SELECT song, sum(plays) AS played, groupUniqArray(country) AS countries FROM daily WHERE {where} GROUP BY song) AS facts
JOIN song USING (song)

-- name: search
WITH found AS (
    SELECT
        *,
        multiIf(
            plain = {plain}, 0, plain LIKE {pattern} || '%', 1, plain LIKE '% ' || {pattern} || '%', 2, plain LIKE '%' || {pattern} || '%', 3,
            {words_in_names} {misspelt} NULL
        ) AS distance
    FROM ({named})
    WHERE distance IS NOT NULL
)
SELECT {names}, argMax(song_id, (played, -toInt64(song))) AS id, sum(played) AS plays
FROM found
JOIN (SELECT song, sum(plays) AS played FROM daily WHERE song IN (SELECT song FROM found) GROUP BY song) AS facts USING (song)
GROUP BY {names}, one, distance
ORDER BY distance, plays DESC, {names}, id
LIMIT {limit}

-- name: misspelt
damerauLevenshteinDistance(plain, {plain}) <= {errors}, 5,
damerauLevenshteinDistance(substringUTF8(plain, 1, lengthUTF8({plain})), {plain}) <= {errors}, 6,
arrayMin(word -> damerauLevenshteinDistance(word, {plain}), splitByChar(' ', plain)) <= {errors}, 7,

-- name: words
arrayAll(word -> position(' ' || plain || ' ' || others, ' ' || word) > 0, {words})
    AND arrayExists(word -> position(' ' || plain, ' ' || word) > 0, {words}), 4,

-- name: words_misspelt
arrayAll((word, most) -> {begun_or_near_in_any}, {words}, {words_errors})
    AND arrayExists((word, most) -> {begun_or_near_in_own}, {words}, {words_errors}), 8,

-- name: begun_or_near
position(' ' || {text}, ' ' || word) > 0 OR arrayExists(each -> damerauLevenshteinDistance(each, word) <= most, splitByChar(' ', {text}))

-- name: artist
SELECT 'artist' AS kind, name, '' AS artists, plain, '' AS others, song, song_id, 0 AS one
FROM song ARRAY JOIN artist_names AS name, artists_plain AS plain

-- name: song
SELECT
    'song' AS kind, title AS name, credited AS artists, title_plain AS plain, arrayStringConcat(artists_plain, ' ') AS others,
    song, song_id, song AS one
FROM song

-- name: album
SELECT 'album' AS kind, album AS name, album_artist AS artists, album_plain AS plain, artists_plain[1] AS others, song, song_id, 0 AS one
FROM song
WHERE album <> ''

-- name: conservation
SELECT partition, sum(plays) AS stored
FROM daily
GROUP BY partition
ORDER BY partition

-- name: facts
SELECT day AS date, song_id, country, source, partition, credit AS artists, plays
FROM daily
JOIN song USING (song)
WHERE {where} AND day >= {after_date}
    AND (day, song_id, country, source, partition, credit)
        > ({after_date}, {after_song_id}, {after_country}, {after_source}, {after_partition}, {after_artists})
ORDER BY date, song_id, country, source, partition, artists
LIMIT {limit}
