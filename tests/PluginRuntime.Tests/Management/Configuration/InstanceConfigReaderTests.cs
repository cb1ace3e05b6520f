using System.Text.Json;
using PluginRuntime.Management;

namespace PluginRuntime.Tests.Management.Configuration;

public sealed class InstanceConfigReaderTests
{
    [Fact]
    public void Read_EveryKey_TakesThemAll()
    {
        var config = Read("""
            { "connector": "sqlite", "version": "^1.0", "update": "canary", "canary": { "share": 0.25, "time": "2m", "calls": 9 }, "enabled": false, "required": true,
              "host": "db", "port": 5432, "settings": { "dataSource": "orders.db" }, "credentials": { "type": "none" },
              "pool": { "size": 10, "min": 2, "acquireTimeout": "5s", "idleTimeout": "10m", "maxLifetime": "30m" },
              "retry": { "maxRetries": 4, "baseDelay": "100ms", "maxDelay": "20s" }, "timeout": "31s", "attemptTimeout": "00:00:11",
              "breaker": { "failures": 6, "openFor": "7s" }, "drain": { "timeout": "16s" }, "bake": { "time": "1h", "calls": 7 },
              "health": { "interval": "20s", "timeout": "6s", "failureThreshold": 4, "successThreshold": 1 } }
            """).Config!;

        Assert.Equal(("sqlite", "^1.0", UpdateMode.Canary, false, true), (config.Connector, config.Version.ToString(), config.Update, config.Enabled, config.Required));
        Assert.Equal(("db", 5432, 10, 2), (config.Host, config.Port, config.Pool.Size, config.Pool.Min));
        Assert.Equal((4, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(20)), (config.Retry.MaxRetries, config.Retry.BaseDelay, config.Retry.MaxDelay));
        Assert.Equal((TimeSpan.FromSeconds(31), TimeSpan.FromSeconds(11)), (config.Timeout, config.AttemptTimeout));
        Assert.Equal((TimeSpan.FromSeconds(16), TimeSpan.FromHours(1), 7, TimeSpan.FromSeconds(6)), (config.DrainTimeout, config.BakeTime, config.BakeCalls, config.Health.Timeout));
        Assert.Equal(new CanaryOptions { Share = 0.25, Time = TimeSpan.FromMinutes(2), Calls = 9 }, config.Canary);
        Assert.Equal((6, TimeSpan.FromSeconds(7)), (config.Breaker.Failures, config.Breaker.OpenFor));
        Assert.Equal((TimeSpan.FromSeconds(20), 4, 1), (config.Health.Interval, config.Health.FailureThreshold, config.Health.SuccessThreshold));
        Assert.Equal("""{ "dataSource": "orders.db" }""", System.Text.Encoding.UTF8.GetString(config.Settings.Span));
    }

    [Fact]
    public void Read_ShortNames_MeanTheSame()
    {
        var config = Read("""{"type":"sqlite","poolSize":3,"retries":1}""").Config!;

        Assert.Equal(("sqlite", 3, 1), (config.Connector, config.Pool.Size, config.Retry.MaxRetries));
    }

    [Fact]
    public void Read_ManyErrors_ReportsEachWithItsPointer()
    {
        var result = Read("""
            { "connector": "sqlite", "pool": { "size": "ten", "colour": 1 }, "timeout": "soon", "port": 0, "enabled": "yes",
              "update": "sometimes", "version": "not a range", "unknown": 1, "retry": { "baseDelay": "5s", "maxDelay": "1s" } }
            """);

        Assert.Equal(
            [
                ("/enabled", "value.invalid"), ("/pool/colour", "key.unknown"), ("/pool/size", "value.invalid"), ("/port", "value.invalid"),
                ("/retry/maxDelay", "value.invalid"), ("/timeout", "value.invalid"), ("/unknown", "key.unknown"), ("/update", "value.invalid"),
                ("/version", "version.invalid"),
            ],
            result.Errors.Select(error => (error.Pointer, error.Code)).Order());
    }

    [Theory]
    [InlineData("""{"connector":"a","type":"a"}""", "/type")]
    [InlineData("""{"connector":"a","poolSize":1,"pool":{"size":1}}""", "/poolSize")]
    [InlineData("""{"connector":"a","maxRetries":1,"retry":{"maxRetries":1}}""", "/maxRetries")]
    [InlineData("""{"connector":"a","maxRetries":1,"retries":1}""", "/retries")]
    public void Read_TwoNamesForOneThing_IsAnError(string json, string pointer)
    {
        var error = Assert.Single(Read(json).Errors);

        Assert.Equal((pointer, "key.duplicate"), (error.Pointer, error.Code));
    }

    [Theory]
    [InlineData("""{}""", "/connector", "key.missing")]
    [InlineData("""{"connector":"../x"}""", "/connector", "value.invalid")]
    [InlineData("""{"connector":"a","pool":{"size":2,"min":3}}""", "/pool/min", "value.invalid")]
    [InlineData("""{"connector":"a","canary":{"share":0}}""", "/canary/share", "value.invalid")]
    [InlineData("""{"connector":"a","canary":{"share":1.5}}""", "/canary/share", "value.invalid")]
    [InlineData("""{"connector":"a","canary":{"share":"0.5"}}""", "/canary/share", "value.invalid")]
    [InlineData("""{"connector":"a","canary":{"percent":5}}""", "/canary/percent", "key.unknown")]
    [InlineData("""{"connector":"a","credentials":7}""", "/credentials", "value.invalid")]
    [InlineData("""{"connector":"a","credentials":"no name"}""", "/credentials", "value.invalid")]
    [InlineData("""{"connector":"a","credentials":"${env:A}"}""", "/credentials", "reference.forbidden")]
    [InlineData("""{"connector":"a","host":"x${ENV:A}"}""", "/host", "reference.forbidden")]
    [InlineData("""{"connector":"a","credentials":{"type":"basic","username":"u"}}""", "/credentials/password", "key.missing")]
    public void Read_OneError_IsReported(string json, string pointer, string code)
    {
        var error = Assert.Single(Read(json).Errors);

        Assert.Equal((pointer, code), (error.Pointer, error.Code));
    }

    [Fact]
    public void Read_TextsFromEnvironment_AreCoercedOnlyWhenAsked()
    {
        const string Json = """{"connector":"a","port":"5432","enabled":"false","pool":{"size":"7"},"canary":{"share":"0.5"},"settings":""}""";

        var coerced = Read(Json, coerce: true);

        Assert.Empty(coerced.Errors);
        Assert.Equal((5432, false, 7), (coerced.Config!.Port, coerced.Config.Enabled, coerced.Config.Pool.Size));
        Assert.Equal(0.5, coerced.Config.Canary.Share);
        Assert.Equal(5, Read(Json).Errors.Count);
    }

    private static InstanceConfigResult Read(string json, bool coerce = false) => InstanceConfigReader.Read(JsonElement.Parse(json), coerce);
}
