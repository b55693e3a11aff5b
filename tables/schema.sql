-- DuckDB: what the flush keeps and the views read. Derived: delete the file and it is rebuilt from the changelogs.
-- Strings stand once, in dictionaries; facts hold their numbers, since merging rows by strings costs four times as much.

CREATE TABLE IF NOT EXISTS schema_version (
    version INTEGER NOT NULL        -- of this file; a database of another version is rebuilt
);

-- Facts ---------------------------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS daily (
    day DATE NOT NULL,              -- UTC day in which the plays happened, however late they arrived
    kafka_partition USMALLINT NOT NULL, -- partition that they arrived on: a song's plays arrive on every one
    country USMALLINT NOT NULL,     -- country.country
    platform UINTEGER NOT NULL,     -- platform.platform
    credit UINTEGER NOT NULL,       -- credit.credit: the whole credit as it was when counted, for audit
    song UINTEGER NOT NULL,         -- song.song
    plays BIGINT NOT NULL           -- all plays of this key so far; a key stands once
);

CREATE TABLE IF NOT EXISTS stored (
    day DATE NOT NULL,
    kafka_partition USMALLINT NOT NULL,
    plays BIGINT NOT NULL           -- what the rows of daily add up to, added up anew by each fold that touches the day
);

CREATE TABLE IF NOT EXISTS live (
    second BIGINT NOT NULL,         -- seconds since 1970-01-01 UTC in which the plays happened
    kafka_partition USMALLINT NOT NULL,
    country USMALLINT NOT NULL,
    platform UINTEGER NOT NULL,
    credit UINTEGER NOT NULL,
    song UINTEGER NOT NULL,
    plays BIGINT NOT NULL,          -- all plays of this key so far; rows older than the live span are deleted
    earned HUGEINT NOT NULL         -- what they earned
);

-- What was earned, in whole numbers of 10^-19 of the currency: adding them up loses nothing ----------------------------

CREATE TABLE IF NOT EXISTS rates (
    fingerprint VARCHAR NOT NULL    -- tables/rates.py: those by which everything here was priced
);

CREATE TABLE IF NOT EXISTS place_rate (
    day DATE NOT NULL,
    country USMALLINT NOT NULL,
    platform UINTEGER NOT NULL,
    units HUGEINT NOT NULL          -- what one play of that day and place earns
);

-- Rollups: daily, summed over what a question does not ask; see tables/rollups.py for which is read when -----------------

CREATE TABLE IF NOT EXISTS place_day (day DATE NOT NULL, country USMALLINT NOT NULL, platform UINTEGER NOT NULL, plays BIGINT NOT NULL, earned HUGEINT NOT NULL);
CREATE TABLE IF NOT EXISTS song_total (song UINTEGER NOT NULL, plays BIGINT NOT NULL, earned HUGEINT NOT NULL);
CREATE TABLE IF NOT EXISTS song_platform (platform UINTEGER NOT NULL, song UINTEGER NOT NULL, plays BIGINT NOT NULL, earned HUGEINT NOT NULL);
CREATE TABLE IF NOT EXISTS song_day (day DATE NOT NULL, song UINTEGER NOT NULL, plays BIGINT NOT NULL, earned HUGEINT NOT NULL);
CREATE TABLE IF NOT EXISTS song_platform_day (day DATE NOT NULL, platform UINTEGER NOT NULL, song UINTEGER NOT NULL, plays BIGINT NOT NULL, earned HUGEINT NOT NULL);

-- The same, each count whole and sorted, as of when it was settled; what was folded since is in `recent`, and belongs to both
CREATE TABLE IF NOT EXISTS by_song (song UINTEGER, day DATE, country USMALLINT, platform UINTEGER, plays BIGINT, earned HUGEINT);
CREATE TABLE IF NOT EXISTS by_country (country USMALLINT, day DATE, platform UINTEGER, song UINTEGER, plays BIGINT, earned HUGEINT);
CREATE TABLE IF NOT EXISTS recent (
    fold BIGINT NOT NULL,           -- number of the fold that brought it
    day DATE NOT NULL,
    country USMALLINT NOT NULL,
    platform UINTEGER NOT NULL,
    song UINTEGER NOT NULL,
    plays BIGINT NOT NULL,          -- what it added
    earned HUGEINT NOT NULL
);

-- Where the facts stand -----------------------------------------------------------------------------------------------

CREATE TABLE IF NOT EXISTS position (
    topic VARCHAR NOT NULL,         -- a changelog
    kafka_partition USMALLINT NOT NULL,
    next_offset BIGINT NOT NULL     -- first changelog offset that is not in the facts
);

CREATE TABLE IF NOT EXISTS watermark (
    kafka_partition USMALLINT NOT NULL, -- of the source topic
    next_offset BIGINT NOT NULL,    -- first source offset that is not counted
    consumed BIGINT NOT NULL,       -- records read since the first: counted + rejected
    counted BIGINT NOT NULL,        -- plays; equals the sum of daily.plays of this partition
    rejected BIGINT NOT NULL,       -- records in the topic of rejected ones
    newest_ms BIGINT NOT NULL,      -- newest timestamp in the last slice, milliseconds since 1970
    topic_id VARCHAR NOT NULL      -- Kafka's id of the source topic
);

-- Dictionaries, in the order of first appearance; but songs of one artist side by side, see tables/dictionary.py ---------

CREATE TABLE IF NOT EXISTS country (country USMALLINT NOT NULL, code VARCHAR NOT NULL);      -- ISO 3166 alpha-2, ZZ: unknown
CREATE TABLE IF NOT EXISTS platform (platform UINTEGER NOT NULL, name VARCHAR NOT NULL);     -- the service, lower case
CREATE TABLE IF NOT EXISTS credit (credit UINTEGER NOT NULL, artists VARCHAR NOT NULL);      -- "A/B/C"; empty: song unknown then
CREATE TABLE IF NOT EXISTS song (song UINTEGER NOT NULL, external_id VARCHAR NOT NULL);      -- the event's id

-- Names from today's song dimension, rewritten at each start and change of it -------------------------------------------

CREATE TABLE IF NOT EXISTS song_detail (
    song UINTEGER NOT NULL,         -- song.song
    external_id VARCHAR NOT NULL,   -- song.external_id, which saves most questions a join
    matched BOOLEAN NOT NULL,       -- whether the dimension knows the song
    title VARCHAR NOT NULL,         -- its id while it does not
    title_folded VARCHAR NOT NULL,  -- for filters: lower case, no accents
    title_plain VARCHAR NOT NULL,   -- for searches: only its words, folded
    title_marks HUGEINT NOT NULL,   -- for searches: tells most names that are too many typing errors away; see tables/names.py
    album VARCHAR NOT NULL,         -- empty: unknown
    album_folded VARCHAR NOT NULL,
    album_plain VARCHAR NOT NULL,
    album_marks HUGEINT NOT NULL,
    album_artist VARCHAR NOT NULL,  -- an album is its name and first artist: names collide
    album_artist_folded VARCHAR NOT NULL,
    genre VARCHAR NOT NULL,         -- empty: unknown
    genre_folded VARCHAR NOT NULL,
    artists VARCHAR NOT NULL,       -- the credit; the counted one while the dimension does not know the song
    artist_count USMALLINT NOT NULL  -- artists that share the song's income, at least 1
);

CREATE TABLE IF NOT EXISTS song_artist (
    song UINTEGER NOT NULL,
    external_id VARCHAR NOT NULL,   -- as in song_detail
    artist VARCHAR NOT NULL,        -- one row for each credited artist
    artist_folded VARCHAR NOT NULL,
    artist_plain VARCHAR NOT NULL,
    artist_marks HUGEINT NOT NULL,
    artist_count USMALLINT NOT NULL -- as in song_detail
);
