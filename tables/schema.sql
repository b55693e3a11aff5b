-- DuckDB: what the flush keeps, what `conservation` reads, and what a server's memory is made of. Derived: delete the file and it is
-- rebuilt from the changelogs. Names and rates are not in it: they are today's.
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
    plays BIGINT NOT NULL           -- all plays of this key so far; rows older than the live span are deleted
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

-- Dictionaries, in the order of first appearance, from 0 on -----------------------------------------------------------

CREATE TABLE IF NOT EXISTS country (country USMALLINT NOT NULL, code VARCHAR NOT NULL);      -- ISO 3166 alpha-2, ZZ: unknown
CREATE TABLE IF NOT EXISTS platform (platform UINTEGER NOT NULL, name VARCHAR NOT NULL);     -- the service, lower case
CREATE TABLE IF NOT EXISTS credit (credit UINTEGER NOT NULL, artists VARCHAR NOT NULL);      -- "A/B/C"; empty: song unknown then
CREATE TABLE IF NOT EXISTS song (song UINTEGER NOT NULL, external_id VARCHAR NOT NULL);      -- the event's id
