-- What came in against what is kept, per partition, in one snapshot.
SELECT
    partitions.kafka_partition AS partition,
    coalesce(consumed, 0) AS consumed,
    coalesce(counted, 0) AS counted,
    coalesce(rejected, 0) AS rejected,
    coalesce(stored, 0)::BIGINT AS stored,
    coalesce(next_offset, 0) AS watermark,
    log_end,
    greatest(log_end - coalesce(next_offset, 0), 0) AS lag
FROM (SELECT unnest($partitions::USMALLINT[]) AS kafka_partition, unnest($log_ends::BIGINT[]) AS log_end) AS partitions
LEFT JOIN watermark USING (kafka_partition)
LEFT JOIN (SELECT kafka_partition, sum(plays) AS stored FROM stored GROUP BY kafka_partition) AS rows USING (kafka_partition)
ORDER BY partition
