"""Metrics: the canary, edits, the database, the collector. Never calls."""

from collections.abc import Iterator
from time import time

from flask import Blueprint, Response, abort
from prometheus_client import generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from phonetree.runtime.services import Services
from phonetree.web.access import allowed
from phonetree.web.context import context

blueprint = Blueprint("metrics", __name__)


class Watched(Collector):
    """Reads the state of the services on each scrape; counts nothing itself."""

    def __init__(self, services: Services) -> None:
        self._sites, self._canary, self._worker = services.sites, services.canary, services.worker

    def collect(self) -> Iterator[Metric]:
        if self._canary.ok is not None:
            yield GaugeMetricFamily("phonetree_canary_ok", "Whether the last test call succeeded.", self._canary.ok)
            text = "Seconds of the slowest turn of the last test call."
            yield GaugeMetricFamily("phonetree_canary_seconds", text, self._canary.seconds)
        yield CounterMetricFamily("phonetree_reloads", "Edits that were published.", self._sites.reloads)
        yield CounterMetricFamily("phonetree_refusals", "Edits that were refused.", self._sites.refusals)
        yield GaugeMetricFamily("phonetree_edit_good", "Whether the last edit was valid.", not self._sites.problems)
        if self._worker:
            good = self._worker.problem is None
            yield GaugeMetricFamily("phonetree_database_ok", "Whether the database can be used.", good)
        if self._worker and self._worker.collector:
            lag = time() - self._worker.collected_at
            text = "Seconds since everything that the provider holds was last checked."
            yield GaugeMetricFamily("phonetree_collector_lag_seconds", text, lag)


@blueprint.get("/metrics")
def metrics() -> Response:
    """In Prometheus's text format, for those who may see it; for others there is no such page."""
    if not allowed():
        abort(404)
    return Response(generate_latest(context().metrics), content_type="text/plain; version=0.0.4; charset=utf-8")
