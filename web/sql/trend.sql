-- The plays of each row of a ranking in its last days, where there are any; `place` is the row.
WITH {asked} top AS (
    SELECT {top_keys}, unnest(range(len($key_0))) AS place
)
SELECT place, day, sum(plays)::BIGINT AS plays
FROM ({trend_facts}) AS facts {grouped} JOIN top ON {same_keys}
GROUP BY place, day
