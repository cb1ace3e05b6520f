using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Host.Metrics;

namespace PluginRuntime.Host.Tests.Metrics;

public sealed class PrometheusTextTests : IDisposable
{
    private readonly Meter _meter = new("Golden." + Guid.NewGuid().ToString("N"));
    private readonly MetricCollector _collector;

    public PrometheusTextTests() => _collector = new(name => name == _meter.Name, NullLogger<MetricCollector>.Instance);

    public void Dispose()
    {
        _collector.Dispose();
        _meter.Dispose();
    }

    [Fact]
    public void Read_EveryKind_IsTheGoldenText()
    {
        var duration = _meter.CreateHistogram(
            "shop.order.duration", "s", "How long.\nIn \\ seconds.", null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.1, 1] });
        var orders = _meter.CreateCounter<long>("shop.orders", "{order}", "Orders.");
        var open = _meter.CreateUpDownCounter<int>("shop.open");
        _meter.CreateObservableGauge("shop.load", () => 0.5, "1", "How busy.");
        _meter.CreateObservableCounter<long>("shop.bytes.sent", () => [new(10, new KeyValuePair<string, object?>("to", "a")), new(20, new KeyValuePair<string, object?>("to", "b"))], "By");
        _meter.CreateGauge<double>("shop.temperature", "Cel").Record(1);
        _meter.CreateCounter<long>("shop.never");
        foreach (var value in new[] { 0.05, 0.1, 0.5, 7 })
        {
            duration.Record(value, new KeyValuePair<string, object?>("code", "ok"));
        }

        orders.Add(2, new("city", "O\"s\\lo\n"), new("code", 7), new("none", null));
        orders.Add(1, new("code", 7), new("city", "O\"s\\lo\n"));
        orders.Add(5);
        open.Add(3);
        open.Add(-1);

        Assert.Equal(
            """
            # HELP shop_bytes_sent_bytes_total 
            # TYPE shop_bytes_sent_bytes_total counter
            shop_bytes_sent_bytes_total{to="a"} 10
            shop_bytes_sent_bytes_total{to="b"} 20
            # HELP shop_load_ratio How busy.
            # TYPE shop_load_ratio gauge
            shop_load_ratio 0.5
            # HELP shop_open 
            # TYPE shop_open gauge
            shop_open 2
            # HELP shop_order_duration_seconds How long.\nIn \\ seconds.
            # TYPE shop_order_duration_seconds histogram
            shop_order_duration_seconds_bucket{code="ok",le="0.1"} 2
            shop_order_duration_seconds_bucket{code="ok",le="1"} 3
            shop_order_duration_seconds_bucket{code="ok",le="+Inf"} 4
            shop_order_duration_seconds_sum{code="ok"} 7.65
            shop_order_duration_seconds_count{code="ok"} 4
            # HELP shop_orders_total Orders.
            # TYPE shop_orders_total counter
            shop_orders_total 5
            shop_orders_total{city="O\"s\\lo\n",code="7"} 3
            # HELP shop_temperature_celsius 
            # TYPE shop_temperature_celsius gauge
            shop_temperature_celsius 1

            """,
            Read());
    }

    [Fact]
    public void Read_WithoutALabel_AddsUp()
    {
        var orders = _meter.CreateCounter<long>("orders");
        var times = _meter.CreateHistogram("times", "s", null, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = [1] });
        foreach (var shop in new[] { "a", "b", "c" })
        {
            orders.Add(2, new("shop", shop), new("code", "ok"));
            times.Record(0.5, new KeyValuePair<string, object?>("shop", shop));
        }

        var text = _collector.Read(label => label == "code");

        Assert.Contains("orders_total{code=\"ok\"} 6\n", text, StringComparison.Ordinal);
        Assert.Contains("times_seconds_bucket{le=\"1\"} 3\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("shop", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Measure_MoreSetsOfTagsThanAreKept_TheRestCountsAsOne()
    {
        var orders = _meter.CreateCounter<long>("orders");
        for (var i = 0; i < MetricInstrument.MostSeries + 500; i++)
        {
            orders.Add(1, new KeyValuePair<string, object?>("shop", $"shop-{i}"));
        }

        var lines = Read().Split('\n').Where(line => line.StartsWith("orders_total", StringComparison.Ordinal)).ToList();

        Assert.Equal(MetricInstrument.MostSeries + 1, lines.Count);
        Assert.Contains("orders_total{otel_metric_overflow=\"true\"} 500", lines);
        Assert.All(lines.Where(line => line.Contains("shop", StringComparison.Ordinal)), line => Assert.EndsWith(" 1", line, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Measure_ByManyThreads_LosesNothing()
    {
        var orders = _meter.CreateCounter<long>("orders");
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                orders.Add(1, new KeyValuePair<string, object?>("shop", $"shop-{i % 300}"));
            }
        })));

        var values = Read().Split('\n').Where(line => line.StartsWith("orders_total", StringComparison.Ordinal)).ToList();
        Assert.Equal(300, values.Count);
        Assert.Equal(80_000, values.Sum(line => long.Parse(line.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture)));
    }

    [Fact]
    public void Measure_KnownTags_AllocatesNothing()
    {
        var orders = _meter.CreateHistogram<double>("orders");
        void Measure(int times)
        {
            for (var i = 0; i < times; i++)
            {
                orders.Record(1, new("instance", "orders"), new("connector", "sqlite"), new("action", "query"));
            }
        }

        Measure(10_000);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Measure(1000);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100);
    }

    [Fact]
    public void Read_ObservedNoMore_IsNotThere()
    {
        List<Measurement<long>> now = [new(1, new KeyValuePair<string, object?>("instance", "a")), new(1, new KeyValuePair<string, object?>("instance", "b"))];
        _meter.CreateObservableUpDownCounter("instances", () => now);
        Assert.Contains("instances{instance=\"b\"} 1\n", Read(), StringComparison.Ordinal);

        now.RemoveAt(1);

        Assert.DoesNotContain("instance=\"b\"", Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void Read_GaugeThrows_ShowsTheOthers()
    {
        _meter.CreateObservableGauge("broken", static long () => throw new InvalidOperationException("no"));
        _meter.CreateObservableGauge("whole", () => 1);

        Assert.Contains("whole 1\n", Read(), StringComparison.Ordinal);
    }

    [Fact]
    public void Collector_OfTheHost_LeavesOtherMetersAlone()
    {
        using var foreign = new Meter("Npgsql");
        var counter = foreign.CreateCounter<long>("commands");
        using var collector = new MetricCollector(MetricCollector.IsShown, NullLogger<MetricCollector>.Instance);

        Assert.False(counter.Enabled);
        Assert.Contains("dotnet_gc_collections_total{", collector.Read(_ => true), StringComparison.Ordinal);
    }

    private string Read() => _collector.Read(_ => true);
}
