-- Plays and income of each UTC second of the span that has any.
WITH {asked} facts AS (
    {facts}
)
SELECT second, sum(plays)::BIGINT AS plays, {earned} AS income
FROM facts
GROUP BY second
