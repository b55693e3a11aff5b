-- Plays and income per UTC day, every day of the span, ascending; beside them, if asked for, those of the span before.
WITH facts AS (
    {facts}
), per_day AS MATERIALIZED (
    SELECT day, sum(plays)::BIGINT AS plays, {earned} AS income
    FROM facts
    {shares}
    GROUP BY day
), span AS (
    SELECT
        coalesce($first_day::DATE, min(day), $today::DATE) AS first_day,
        coalesce($date_to::DATE, greatest(max(day), $today::DATE), $today::DATE) AS last_day
    FROM per_day
    WHERE day < DATE '2100-01-01' -- a producer's clock can be that wrong, and each day is a row
)
SELECT
    days.day AS date, coalesce(per_day.plays, 0) AS plays, coalesce(per_day.income, 0) AS income,
    coalesce(previous.plays, 0) AS previous_plays, coalesce(previous.income, 0) AS previous_income
FROM (SELECT unnest(generate_series(first_day, last_day, INTERVAL 1 DAY))::DATE AS day FROM span) AS days
LEFT JOIN per_day ON per_day.day = days.day
LEFT JOIN per_day AS previous ON previous.day = days.day - $span_days::INTEGER
ORDER BY days.day
