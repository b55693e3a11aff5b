"""Source: the topic that is counted, and the refusals when it is not, or no longer holds, what counting must go on from."""

WAY_OUT = " Restore the topic, or give the application a new ARTIST360_ID to count afresh"


class SourceLost(Exception):
    """The source topic no longer holds, or never held, the offset that counting must go on from."""


class SourceUnclear(Exception):
    """The broker contradicts itself about what the source topic holds."""


def check_id(topic: str, topic_id: str | None, counted_id: str, at: int) -> None:
    """Refuse *topic* when its id, None when it is gone, is not that of the topic whose offsets below *at* are counted.

    Raises:
        SourceLost: it is another topic.
    """
    if counted_id in ("", topic_id):
        return
    if topic_id is None:
        raise SourceLost(f"{topic} was deleted, counting must go on from offset {at} of the topic with the id {counted_id}." + WAY_OUT)
    raise SourceLost(
        f"{topic} has the id {topic_id}, counting must go on from offset {at} of a topic with the id {counted_id}. "
        "The topic was recreated, or ARTIST360_TOPIC names another one." + WAY_OUT
    )


def check_range(topic: str, partition: int, begin: int, end: int, at: int) -> None:
    """Refuse a partition that holds the offsets [begin, end) when counting must go on from *at*, which is none of them nor the end.

    Raises:
        SourceLost: it is out of range.
    """
    if begin <= at <= end:
        return
    why = "Retention deleted plays before they were counted." if at < begin else "Its log was cut: counted records are gone."
    raise SourceLost(f"{topic} partition {partition} holds offsets {begin} to {end}, counting must go on from {at}. {why}" + WAY_OUT)
