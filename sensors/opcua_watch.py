"""A subscription to slow OPC UA points: what was told last, and when it last lived."""

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from asyncua import ua
from asyncua.client.client import Client
from asyncua.common.subscription import DataChangeNotif, Subscription
from asyncua.ua.attribute_ids import AttributeIds

from sensors.opcua_values import source_of
from sensors.tag import Tag

_PUBLISH_MS: Final = 500.0
_KEEP_ALIVE: Final = 4  # publishing intervals without news until a sign of life
_SILENT_S: Final = 3.0 * _KEEP_ALIVE * _PUBLISH_MS * 1e-3
_SWEEP_S: Final = 30.0


class Watch:
    """A subscription to slow points: what was told last, and when it last lived."""

    def __init__(self, tags: Sequence[Tag], *, by_time: bool) -> None:
        self._tags, self._by_time = tuple(tags), by_time
        self.told: dict[Tag, ua.DataValue] = {}
        self._subscription: Subscription | None = None
        self._ended = False
        self._began_s = self._swept_s = time.monotonic()

    async def start(self, client: Client, nodes: Mapping[Tag, ua.NodeId]) -> None:
        """Create subscription and items; a point the server refuses stays polled."""
        wish = ua.CreateSubscriptionParameters()
        wish.RequestedPublishingInterval = _PUBLISH_MS
        wish.RequestedMaxKeepAliveCount = _KEEP_ALIVE
        wish.RequestedLifetimeCount = 15 * _KEEP_ALIVE
        wish.PublishingEnabled = True
        self._subscription = await client.create_subscription(wish, self)
        await self._subscription.create_monitored_items(
            self._item(handle, tag, nodes[tag]) for handle, tag in enumerate(self._tags)
        )

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

    def datachange_notification(self, _node: object, _value: object, data: DataChangeNotif) -> None:
        """Keep the news; called by the library."""
        item = data.monitored_item
        self.told[self._tags[int(item.ClientHandle)]] = item.Value

    def status_change_notification(self, _status: object) -> None:
        """The server ended the subscription; called by the library."""
        self._ended = True

    def silent_ns(self) -> int:
        """Return how long ago the subscription last showed a sign of life."""
        heard = self._subscription.last_publish_at if self._subscription else None
        return int((time.monotonic() - (heard or self._began_s)) * 1e9)

    def is_dead(self) -> bool:
        """Return True when the server ended it or has been silent too long."""
        return self._ended or self.silent_ns() > _SILENT_S * 1e9

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


def value_of(node: ua.NodeId) -> ua.ReadValueId:
    """Return the question for a node's value."""
    return ua.ReadValueId(node, ua.UInt32(AttributeIds.Value))
