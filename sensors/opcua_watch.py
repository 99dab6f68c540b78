"""A subscription to slow OPC UA points: what was told last, and when it last lived."""

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from asyncua import ua
from asyncua.client.ua_session import UaSession
from asyncua.ua.attribute_ids import AttributeIds

from sensors.opcua_limits import Portions
from sensors.opcua_values import source_of
from sensors.tag import Tag

_PUBLISH_MS: Final = 500.0
_KEEP_ALIVE: Final = 4  # publishing intervals without news until a sign of life
_MOST_SILENCES: Final = 3.0  # signs of life missed until it is dead
_OLD_SCANS: Final = 2.0  # a value is stale after three: news must come earlier
_SWEEP_S: Final = 30.0


class Watch:
    """A subscription to slow points: what was told last, and when it last lived."""

    def __init__(self, tags: Sequence[Tag], *, by_time: bool) -> None:
        self._tags, self._by_time = tuple(tags), by_time
        self.told: dict[Tag, ua.DataValue] = {}
        self.watched: set[Tag] = set()
        self._alive_s = _KEEP_ALIVE * _PUBLISH_MS * 1e-3
        self._ended = False
        self._heard_s = self._swept_s = time.monotonic()

    async def start(
        self, session: UaSession, nodes: Mapping[Tag, ua.NodeId], portions: Portions
    ) -> None:
        """Create subscription and items; `watched` is what the server really will tell in time.

        A point that it refuses, or would look at too seldom, stays polled.  Raises what the
        library raises when there is no subscription at all.
        """
        wish = ua.CreateSubscriptionParameters()
        wish.RequestedPublishingInterval = _PUBLISH_MS
        wish.RequestedMaxKeepAliveCount = _KEEP_ALIVE
        wish.RequestedLifetimeCount = 15 * _KEEP_ALIVE
        wish.PublishingEnabled = True
        granted = await session.create_subscription(wish, self.published)
        self._alive_s = _seconds(granted.RevisedPublishingInterval) * max(
            int(granted.RevisedMaxKeepAliveCount), 1
        )
        in_time = [
            (handle, t)
            for handle, t in enumerate(self._tags)
            if 0.0 < self._alive_s <= _OLD_SCANS * t.scan_s
        ]
        try:
            await self._watch(session, granted.SubscriptionId, nodes, in_time, portions)
        finally:
            if not self.watched:
                with suppress(Exception):
                    await session.delete_subscriptions([granted.SubscriptionId])

    async def _watch(
        self,
        session: UaSession,
        subscription: int,
        nodes: Mapping[Tag, ua.NodeId],
        tags: Sequence[tuple[int, Tag]],
        portions: Portions,
    ) -> None:
        async def ask(some: Sequence[tuple[int, Tag]]) -> list[ua.MonitoredItemCreateResult]:
            wish = ua.CreateMonitoredItemsParameters()
            wish.SubscriptionId = ua.UInt32(subscription)
            wish.TimestampsToReturn = ua.TimestampsToReturn.Both
            wish.ItemsToCreate = [self._item(handle, tag, nodes[tag]) for handle, tag in some]
            results = list(await session.create_monitored_items(wish) or [])
            for (_, tag), result in zip(some, results, strict=False):
                slow = _seconds(result.RevisedSamplingInterval) > tag.scan_s
                if result.StatusCode.is_good() and not slow:
                    self.watched.add(tag)
            return results

        await portions.each(tags, ask)

    def _item(self, handle: int, tag: Tag, node: ua.NodeId) -> ua.MonitoredItemCreateRequest:
        deadband, kind = source_of(tag).deadband, ua.DataChangeTrigger
        news = ua.DataChangeFilter()
        by_time = self._by_time and deadband is None
        news.Trigger = kind.StatusValueTimestamp if by_time else kind.StatusValue
        if deadband:
            news.DeadbandType = ua.UInt32(ua.DeadbandType.Absolute)
            news.DeadbandValue = ua.Double(deadband)
        item = ua.MonitoredItemCreateRequest()
        item.ItemToMonitor = value_of(node)
        item.MonitoringMode = ua.MonitoringMode.Reporting
        item.RequestedParameters.ClientHandle = ua.UInt32(handle)
        item.RequestedParameters.SamplingInterval = 500.0 * tag.scan_s
        item.RequestedParameters.QueueSize = ua.UInt32(1)
        item.RequestedParameters.Filter = news
        return item

    async def published(self, news: ua.PublishResult) -> None:
        """Keep the news; called by the library, which drops whatever this raises."""
        self._heard_s = time.monotonic()
        for notice in news.NotificationMessage.NotificationData or ():
            if isinstance(notice, ua.DataChangeNotification):
                for item in notice.MonitoredItems or ():
                    self._take(item)
            elif isinstance(notice, ua.StatusChangeNotification):
                self._ended = True

    def _take(self, item: object) -> None:
        """Take one item of news; what is none costs itself only."""
        handle, value = getattr(item, "ClientHandle", None), getattr(item, "Value", None)
        if not isinstance(handle, int) or not isinstance(value, ua.DataValue):
            return
        if 0 <= handle < len(self._tags):
            self.told[self._tags[handle]] = value

    def news_of(self, tags: Iterable[Tag]) -> dict[Tag, ua.DataValue]:
        """Return what was told last of the points the server tells in time."""
        return {t: self.told[t] for t in tags if t in self.watched and t in self.told}

    def silent_ns(self) -> int:
        """Return how long ago the subscription last showed a sign of life."""
        return int((time.monotonic() - self._heard_s) * 1e9)

    def is_dead(self) -> bool:
        """Return True when the server ended it or has been silent too long."""
        return self._ended or self.silent_ns() > _MOST_SILENCES * self._alive_s * 1e9

    def wants_sweep(self) -> bool:
        """Return True when everything should be read once all the same."""
        return time.monotonic() - self._swept_s > _SWEEP_S

    def swept(
        self,
        tags: Iterable[Tag],
        answers: Mapping[ua.NodeId, ua.DataValue],
        nodes: Mapping[Tag, ua.NodeId],
    ) -> None:
        """Take what a sweep read for what is known."""
        self._swept_s = time.monotonic()
        self.told.update({t: answers[nodes[t]] for t in tags if t in self.told})


def _seconds(milliseconds: float) -> float:
    """Return a server's milliseconds in seconds, infinity for none that can be one."""
    ms = float(milliseconds)
    return ms * 1e-3 if math.isfinite(ms) and ms >= 0.0 else math.inf


def value_of(node: ua.NodeId) -> ua.ReadValueId:
    """Return the question for a node's value."""
    return ua.ReadValueId(node, ua.UInt32(AttributeIds.Value))
