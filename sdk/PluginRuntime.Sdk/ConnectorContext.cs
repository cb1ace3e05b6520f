using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace PluginRuntime.Sdk;

/// <summary>What a host tells a connector object about the instance it serves. The same object for the connector's whole life.</summary>
public sealed class ConnectorContext
{
    /// <summary>The instance's name.</summary>
    public required string Instance { get; init; }

    /// <summary>The connector's version, as its manifest says.</summary>
    public required string Version { get; init; }

    /// <summary>The connector's manifest, UTF-8 JSON. A connector may take its actions from here.</summary>
    public ReadOnlyMemory<byte> Manifest { get; init; }

    /// <summary>The host to connect to; null when the configuration names none.</summary>
    public string? Host { get; init; }

    /// <summary>The port to connect to, 1 to 65535; null when the configuration names none.</summary>
    public int? Port { get; init; }

    /// <summary>The longest a call may take. Default: 30 s.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The instance's settings: a UTF-8 JSON object, valid against the manifest's settings schema.</summary>
    public ReadOnlyMemory<byte> Settings { get; init; } = "{}"u8.ToArray();

    /// <summary>What to authenticate with.</summary>
    public IConnectorCredentials Credentials { get; init; } = NoCredentials.Instance;

    /// <summary>Opens connections within what the host allows this instance to reach.</summary>
    public IConnectorNetwork Network { get; init; } = DirectNetwork.Instance;

    /// <summary>Where to log. What is logged reaches the host as text.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Cancelled when the connector has to stop: timers, threads and listeners of its own must end with it.</summary>
    public CancellationToken Lifetime { get; init; }

    /// <summary>The host's clock.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    internal JsonSerializerContext? Json { get; set; }

    /// <summary>The settings as an object of the connector's own type.</summary>
    /// <typeparam name="T">A type that the connector's JsonSerializerContext knows.</typeparam>
    /// <exception cref="InvalidOperationException">The JsonSerializerContext does not know <typeparamref name="T"/>.</exception>
    /// <exception cref="JsonException">The settings do not fit <typeparamref name="T"/>.</exception>
    public T GetSettings<T>()
        where T : class
    {
        var typeInfo = JsonTypes.Find<T>(Json);
        return JsonSerializer.Deserialize(Settings.Span, typeInfo) ?? throw new JsonException("The settings are null.");
    }
}
