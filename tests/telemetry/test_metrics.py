"""The text that Prometheus reads."""

from itertools import pairwise

from opentelemetry.metrics import Observation

from albc.telemetry.metrics import DEFAULT_BUCKETS, FINE_BUCKETS, BoundCounter, BoundHistogram, Metrics


def text(metrics: Metrics) -> str:
    return metrics.render().decode()


def test_names_and_labels_come_out_as_they_are_given() -> None:
    metrics = Metrics()
    counter = metrics.meter.create_counter("workqueue_adds_total")
    BoundCounter(counter, {"name": "ingress", "controller": "ingress"}).add(3)
    assert 'workqueue_adds_total{controller="ingress",name="ingress"} 3.0' in text(metrics)
    assert "otel_scope" not in text(metrics)
    assert "target_info" not in text(metrics)


def test_buckets_are_those_of_the_instrument() -> None:
    metrics = Metrics()
    histogram = metrics.meter.create_histogram("seconds", explicit_bucket_boundaries_advisory=DEFAULT_BUCKETS)
    BoundHistogram(histogram, {}).record(0.3)
    shown = [line.partition('le="')[2].partition('"')[0] for line in text(metrics).splitlines() if "_bucket" in line]
    assert shown == ["0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf"]


def test_the_fine_buckets_go_from_ten_nanoseconds_to_a_thousand_seconds() -> None:
    assert [round(upper / lower) for lower, upper in pairwise(FINE_BUCKETS)] == [10] * 11
    assert (FINE_BUCKETS[0], FINE_BUCKETS[-1]) == (1e-8, 1000)


def test_more_than_two_thousand_label_sets_stay_apart() -> None:
    metrics = Metrics()
    counter = metrics.meter.create_counter("many_total")
    for number in range(2_500):
        counter.add(1, {"number": str(number)})
    assert text(metrics).count("many_total{") == 2_500
    assert "overflow" not in text(metrics)


def test_what_can_be_read_off_is_read_at_each_scrape() -> None:
    metrics = Metrics()
    depth = 0
    metrics.meter.create_observable_gauge("depth", [lambda _: [Observation(depth)]])
    assert "\ndepth 0.0" in text(metrics)
    depth = 7
    assert "\ndepth 7.0" in text(metrics)


def test_the_process_shows_its_memory_and_processor_time() -> None:
    shown = text(Metrics())
    assert "process_resident_memory_bytes" in shown
    assert "process_cpu_seconds_total" in shown
