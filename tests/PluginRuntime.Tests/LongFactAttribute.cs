using PluginRuntime.Tests.Packages.Crashes;
using PluginRuntime.Tests.Running;

namespace PluginRuntime.Tests;

/// <summary>A proof that takes minutes: it runs with <c>./test.sh --long</c> and is reported as skipped otherwise.</summary>
internal class LongFactAttribute : FactAttribute
{
    public LongFactAttribute()
    {
        if (Environment.GetEnvironmentVariable("PLUGINRUNTIME_LONG_TESTS") != "1")
        {
            Skip = "It takes minutes; ./test.sh --long runs it.";
        }
    }

    /// <summary>Whether it needs PostgreSQL's programs besides.</summary>
    public bool NeedsPostgres
    {
        get;
        set
        {
            field = value;
            Skip ??= value ? PostgresServer.Missing : null;
        }
    }

    /// <summary>Whether it needs OpenStack Swift besides.</summary>
    public bool NeedsSwift
    {
        get;
        set
        {
            field = value;
            Skip ??= value ? SwiftServer.Missing : null;
        }
    }

    /// <summary>Whether it needs strace besides.</summary>
    public bool NeedsStrace
    {
        get;
        set
        {
            field = value;
            Skip ??= value ? Strace.Missing : null;
        }
    }

    /// <summary>Whether it needs RabbitMQ's programs besides.</summary>
    public bool NeedsRabbitMq
    {
        get;
        set
        {
            field = value;
            Skip ??= value ? RabbitMqServer.Missing : null;
        }
    }
}
