-- Plays and income of each UTC day that has any; with those of the span before, if they are asked for.
WITH {asked} facts AS (
    {facts}
)
SELECT day, sum(plays)::BIGINT AS plays, {earned} AS income
FROM facts
GROUP BY day
