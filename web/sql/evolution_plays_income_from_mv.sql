-- Plays and income per UTC day, every day of the span, ascending.
WITH shares AS (
    {shares}
), per_day AS (
    SELECT day, sum(plays)::BIGINT AS plays, sum(plays * share) AS income
    FROM daily
    JOIN shares USING (song)
    WHERE {where}
    GROUP BY day
), span AS (
    SELECT
        coalesce($date_from::DATE, min(day), $today::DATE) AS first_day,
        coalesce($date_to::DATE, greatest(max(day), $today::DATE), $today::DATE) AS last_day
    FROM per_day
    WHERE day < DATE '2100-01-01' -- a producer's clock can be that wrong, and each day is a row
)
SELECT days.day AS date, coalesce(plays, 0) AS plays, coalesce(income, 0) AS income
FROM (SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day FROM span) AS days
LEFT JOIN per_day USING (day)
ORDER BY days.day
