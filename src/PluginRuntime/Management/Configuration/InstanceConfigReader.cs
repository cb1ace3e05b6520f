using System.Runtime.InteropServices;
using System.Text.Json;
using PluginRuntime.Credentials;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Execution.Retrying;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Management;

/// <summary>A read configuration, as far as it could be read, and everything wrong with it.</summary>
/// <param name="Config">Null when the connector is not named. With errors it holds defaults where values were wrong: for checks only.</param>
/// <param name="Errors">Every error; empty when the configuration may be used.</param>
internal sealed record InstanceConfigResult(InstanceConfig? Config, IReadOnlyList<ValidationError> Errors);

/// <summary>Reads the configuration of an instance, strictly: an unknown key or a wrong value is an error with its pointer.</summary>
internal static class InstanceConfigReader
{
    private static readonly TimeSpan _shortest = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan _shortestInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan _shortestLife = TimeSpan.FromSeconds(1);

    /// <param name="json">The configuration.</param>
    /// <param name="coerce">Take numbers and booleans from text as well.</param>
    internal static InstanceConfigResult Read(JsonElement json, bool coerce)
    {
        var errors = new List<ValidationError>();
        if (json.ValueKind != JsonValueKind.Object)
        {
            return new(null, [new("", "value.invalid", "The configuration of an instance has to be an object.")]);
        }

        var root = new ConfigObject(json, "", coerce, errors);
        var connector = ReadConnector(root);
        var version = ReadVersion(root);
        var attempt = root.Duration("attemptTimeout", TimeSpan.FromSeconds(10), _shortest);
        var config = new InstanceConfig
        {
            Connector = connector ?? "",
            Version = version,
            Update = ReadUpdate(root),
            Enabled = root.Flag("enabled", true),
            Required = root.Flag("required", false),
            Host = root.Text("host"),
            Port = root.Number("port", 1, 65535),
            Settings = root.Raw("settings") is { } settings ? JsonMarshal.GetRawUtf8Value(settings).ToArray() : "{}"u8.ToArray(),
            Pool = ReadPool(root),
            Retry = ReadRetry(root),
            Timeout = root.Duration("timeout", TimeSpan.FromSeconds(30), _shortest),
            AttemptTimeout = attempt,
        };
        config = ReadLifecycle(root, config);
        config = config with { Credentials = ReadCredentials(root, errors) };
        root.Finish();
        RefuseReferences(json, errors);
        return new(connector is null ? null : config, errors);
    }

    private static string? ReadConnector(ConfigObject root)
    {
        var key = root.Alias("connector", "type");
        if (key is null)
        {
            root.Error("connector", "key.missing", "'connector' has to name a connector.");
            return null;
        }

        var id = root.Text(key);
        if (id is null || ConnectorName.IsValid(id))
        {
            return id;
        }

        root.Error(key, "value.invalid", $"'{key}' has to be {ConnectorName.Accepted}.");
        return null;
    }

    private static VersionRange ReadVersion(ConfigObject root)
    {
        var text = root.Text("version");
        if (text is null)
        {
            return VersionRange.Parse("*");
        }

        if (VersionRange.TryParse(text, out var range, out _))
        {
            return range;
        }

        // Without the text, which may be a misplaced secret.
        root.Error("version", "version.invalid", "'version' has to be a version range, such as ^1.2, ~1.2.3, 1.x, >=1.2 <2, 1.2 - 2 or [1.0,2.0).");
        return VersionRange.Parse("*");
    }

    private static UpdateMode ReadUpdate(ConfigObject root)
    {
        switch (root.Text("update"))
        {
            case null or "auto":
                return UpdateMode.Auto;
            case "manual":
                return UpdateMode.Manual;
            case "canary":
                return UpdateMode.Canary;
            default:
                root.Error("update", "value.invalid", "'update' has to be auto, manual or canary.");
                return UpdateMode.Auto;
        }
    }

    private static PoolOptions ReadPool(ConfigObject root)
    {
        var section = root.Section("pool");
        var defaults = new PoolOptions();
        var sizeInPool = section.Number("size", 1, 10_000);
        var sizeAlias = root.Number("poolSize", 1, 10_000);
        if (section.Has("size") && root.Has("poolSize"))
        {
            root.Error("poolSize", "key.duplicate", "'poolSize' and 'pool.size' mean the same; give one of them.");
        }

        var clusterSize = section.Number("clusterSize", 1, 10_000);
        if (section.Has("clusterSize") && (section.Has("size") || root.Has("poolSize")))
        {
            section.Error("clusterSize", "key.duplicate", "'clusterSize' is for all hosts together, 'size' for each; give one of them.");
        }

        var size = clusterSize ?? sizeInPool ?? sizeAlias ?? defaults.Size;
        var min = section.Number("min", 0, 10_000);
        if (min > size)
        {
            section.Error("min", "value.invalid", $"'min' has to be at most the size, {size}.");
        }

        var pool = new PoolOptions
        {
            Size = size,
            ClusterSize = clusterSize,
            Min = min > size ? size : min,
            AcquireTimeout = section.Duration("acquireTimeout", defaults.AcquireTimeout, _shortest),
            IdleTimeout = section.Duration("idleTimeout", defaults.IdleTimeout, _shortestLife),
            MaxLifetime = section.Duration("maxLifetime", defaults.MaxLifetime, _shortestLife),
        };
        section.Finish();
        return pool;
    }

    private static RetryOptions ReadRetry(ConfigObject root)
    {
        var section = root.Section("retry");
        var alias = root.Alias("maxRetries", "retries");
        var aliasValue = alias is null ? null : root.Number(alias, 0, 100);
        var value = section.Number("maxRetries", 0, 100);
        if (alias is not null && section.Has("maxRetries"))
        {
            root.Error(alias, "key.duplicate", $"'{alias}' and 'retry.maxRetries' mean the same; give one of them.");
        }

        var retry = RetryOptions.Default with
        {
            MaxRetries = value ?? aliasValue ?? RetryOptions.Default.MaxRetries,
            BaseDelay = section.Duration("baseDelay", RetryOptions.Default.BaseDelay, _shortest),
            MaxDelay = section.Duration("maxDelay", RetryOptions.Default.MaxDelay, _shortest),
        };
        if (retry.MaxDelay < retry.BaseDelay)
        {
            section.Error("maxDelay", "value.invalid", "'maxDelay' has to be at least 'baseDelay'.");
        }

        section.Finish();
        return retry;
    }

    private static InstanceConfig ReadLifecycle(ConfigObject root, InstanceConfig config)
    {
        var drain = root.Section("drain");
        var bake = root.Section("bake");
        var canary = root.Section("canary");
        var health = root.Section("health");
        var breaker = root.Section("breaker");
        config = config with
        {
            DrainTimeout = drain.Duration("timeout", config.DrainTimeout, TimeSpan.Zero),
            BakeTime = bake.Duration("time", config.BakeTime, TimeSpan.Zero),
            BakeCalls = bake.Number("calls", 0, 1_000_000) ?? config.BakeCalls,
            Canary = new()
            {
                Share = canary.Share("share") ?? config.Canary.Share,
                Time = canary.Duration("time", config.Canary.Time, _shortestInterval),
                Calls = canary.Number("calls", 1, 1_000_000) ?? config.Canary.Calls,
            },
            Health = new()
            {
                Interval = health.Duration("interval", config.Health.Interval, _shortestInterval),
                Timeout = health.Duration("timeout", config.Health.Timeout, _shortest),
                FailureThreshold = health.Number("failureThreshold", 1, 1000) ?? config.Health.FailureThreshold,
                SuccessThreshold = health.Number("successThreshold", 1, 1000) ?? config.Health.SuccessThreshold,
            },
            Breaker = new()
            {
                Failures = breaker.Number("failures", 1, 1_000_000) ?? config.Breaker.Failures,
                OpenFor = breaker.Duration("openFor", config.Breaker.OpenFor, _shortest),
            },
        };
        drain.Finish();
        bake.Finish();
        canary.Finish();
        health.Finish();
        breaker.Finish();
        return config;
    }

    private static ReadOnlyMemory<byte>? ReadCredentials(ConfigObject root, List<ValidationError> errors)
    {
        if (!root.Take("credentials", out var value))
        {
            return null;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                CredentialConfigReader.Read(value, root.Pointer("credentials"), isResolved: false, isStored: false, errors);
                break;
            case JsonValueKind.String when CredentialBinder.IsName(value.GetString()!) || References.AreIn(value.GetString()!):
                break;
            default:
                root.Error("credentials", "value.invalid", "'credentials' has to be an object with a type, or the name of a stored or configured credential.");
                return null;
        }

        return JsonMarshal.GetRawUtf8Value(value).ToArray();
    }

    /// <summary>Outside of settings and credentials, where schema and credential tell whether they may be.</summary>
    private static void RefuseReferences(JsonElement json, List<ValidationError> errors)
    {
        foreach (var property in json.EnumerateObject())
        {
            if (property.Name == "credentials" ? property.Value.ValueKind == JsonValueKind.String : property.Name != "settings")
            {
                ReferenceSearch.Find(property, "", errors);
            }
        }
    }
}
