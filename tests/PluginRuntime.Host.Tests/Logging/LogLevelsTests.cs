using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PluginRuntime.Diagnostics;
using PluginRuntime.Host.Logging;
using PluginRuntime.Tests;

namespace PluginRuntime.Host.Tests.Logging;

public sealed class LogLevelsTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly EventTrail _events;
    private readonly ServiceProvider _services;
    private readonly LogLevels _levels;

    public LogLevelsTests()
    {
        var overrides = new LogOverrides();
        var configuration = new ConfigurationManager();
        configuration.AddInMemoryCollection([new("Logging:LogLevel:Default", "Information"), new("Logging:LogLevel:A", "Warning")]);
        ((IConfigurationBuilder)configuration).Add(overrides);
        _services = new ServiceCollection()
            .AddLogging(logging => logging.AddConfiguration(configuration.GetSection("Logging")).AddProvider(new Silent()))
            .BuildServiceProvider();
        _events = new(_time);
        _levels = new(overrides, _events, _time);
    }

    public void Dispose()
    {
        _levels.Dispose();
        _services.Dispose();
    }

    [Fact]
    public void Set_CountsForTheCategoryAndThoseBelowUntilItEnds()
    {
        var (inside, beside) = (Logger("A.B"), Logger("B"));
        Assert.False(inside.IsEnabled(LogLevel.Information));

        var added = _levels.Set("A", LogLevel.Trace, TimeSpan.FromMinutes(10));

        Assert.True(inside.IsEnabled(LogLevel.Trace));
        Assert.False(beside.IsEnabled(LogLevel.Debug));
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromMinutes(10), added.Until);

        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromMilliseconds(1));
        Assert.True(inside.IsEnabled(LogLevel.Trace));
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.False(inside.IsEnabled(LogLevel.Information));
        Assert.True(inside.IsEnabled(LogLevel.Warning));
        Assert.Empty(_levels.Overrides);
        Assert.Equal(
            [("A", "Trace"), ("A", "configured")],
            _events.Snapshot().Where(told => told.Type == EventTypes.LogLevel).Select(told => (told.Data["category"], told.Data["to"])));
    }

    [Fact]
    public void Set_Several_EndEachAtItsTime()
    {
        _levels.Set("A", LogLevel.Debug, TimeSpan.FromMinutes(1));
        _levels.Set("B", LogLevel.Debug, TimeSpan.FromMinutes(3));
        _levels.Set("C", LogLevel.Debug, TimeSpan.FromMinutes(2));

        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["B", "C"], _levels.Overrides.Select(one => one.Category));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(["B"], _levels.Overrides.Select(one => one.Category));
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_levels.Overrides);
        Assert.False(Logger("B").IsEnabled(LogLevel.Debug));
    }

    [Fact]
    public void Set_Again_TheLaterOneCounts()
    {
        _levels.Set("A", LogLevel.Debug, TimeSpan.FromMinutes(1));
        _levels.Set("a", LogLevel.Error, TimeSpan.FromMinutes(5));

        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.False(Logger("A").IsEnabled(LogLevel.Warning));
        Assert.Equal(LogLevel.Error, Assert.Single(_levels.Overrides).Level);
    }

    [Fact]
    public void TryRemove_EndsItEarly()
    {
        _levels.Set("A", LogLevel.Debug, TimeSpan.FromMinutes(1));

        Assert.True(_levels.TryRemove("A", out var removed));
        Assert.Equal("A", removed.Category);
        Assert.False(Logger("A").IsEnabled(LogLevel.Debug));
        Assert.False(_levels.TryRemove("A", out _));
    }

    private ILogger Logger(string category) => _services.GetRequiredService<ILoggerFactory>().CreateLogger(category);

    private sealed class Silent : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
        }
    }
}
