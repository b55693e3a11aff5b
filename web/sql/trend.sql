-- A ranking with the plays of each row's last days, every day of them, ascending.
WITH ranked AS MATERIALIZED (
    {ranking}
), top AS (
    SELECT {key_names} FROM ranked
), per_day AS (
    SELECT {top_keys}, day, sum(facts.plays)::BIGINT AS day_plays
    FROM ({trend_facts}) AS facts
    {shares}
    {joins}
    JOIN top ON {same_keys}
    GROUP BY ALL
), days AS (
    SELECT unnest(generate_series($trend_first, $trend_last, INTERVAL 1 DAY))::DATE AS day
), series AS (
    SELECT {top_keys}, list(coalesce(day_plays, 0) ORDER BY day) AS trend
    FROM top CROSS JOIN days LEFT JOIN per_day USING ({key_names}, day)
    GROUP BY {key_names}
)
SELECT {names}, plays, income, song_id, trend, found
FROM ranked JOIN series USING ({key_names})
ORDER BY plays DESC, {names}, song_id
