-- Plays and income per UTC second, every second of the span, ascending.
WITH facts AS (
    SELECT {fact_columns}, sum(plays)::BIGINT AS plays, sum(earned) AS earned
    FROM live
    WHERE second BETWEEN $first_second AND $last_second AND {where}
    GROUP BY {fact_columns}
), per_second AS (
    SELECT second, sum(plays)::BIGINT AS plays, {earned} AS income
    FROM facts
    {shares}
    GROUP BY second
)
SELECT
    strftime(make_timestamp(seconds.second * 1000000), '%Y-%m-%d %H:%M:%S') AS date,
    coalesce(plays, 0) AS plays,
    coalesce(income, 0) AS income
FROM (SELECT unnest(generate_series($first_second::BIGINT, $last_second::BIGINT)) AS second) AS seconds
LEFT JOIN per_second USING (second)
ORDER BY seconds.second
