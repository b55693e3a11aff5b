-- What the stored counts of each partition add up to, and of how many rows that is known: it is kept by day, in the facts' own transactions.
SELECT kafka_partition, sum(plays)::BIGINT AS plays, count(*) AS rows
FROM stored
GROUP BY kafka_partition
