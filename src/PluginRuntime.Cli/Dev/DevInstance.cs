using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Sdk.Testing;

namespace PluginRuntime.Cli.Dev;

/// <summary>The instance that an author looks at: made where it is not there, and asked how it stands.</summary>
/// <param name="client">Its host.</param>
/// <param name="name">Its name.</param>
internal sealed class DevInstance(HostClient client, string name)
{
    private readonly string _path = $"api/instances/{PathSegment.Of(name)}";

    /// <returns>Its status; null when there is no such instance.</returns>
    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    internal async Task<JsonElement?> StatusAsync(CancellationToken cancellationToken) =>
        await client.FindAsync(_path, cancellationToken) is { } answer ? JsonElement.Parse(answer).GetProperty("status") : null;

    /// <summary>Makes it as the conformance kit would, and so that it follows what is dropped.</summary>
    /// <exception cref="CommandException">The host refuses it, or the file cannot be used.</exception>
    internal async Task CreateAsync(string connector, string testFile, CancellationToken cancellationToken)
    {
        JsonObject config;
        try
        {
            config = TestFile.Read(testFile).Instance.DeepClone().AsObject();
        }
        catch (ConformanceException exception)
        {
            throw new CommandException(ExitCode.Failed, exception.Message);
        }

        (config["connector"], config["update"]) = (connector, "auto");
        await client.ChangeAsync(HttpMethod.Put, _path, Encoding.UTF8.GetBytes(config.ToJsonString()), null, mustBeNew: true, cancellationToken);
    }

    /// <summary>What it runs; null when it runs nothing.</summary>
    internal static (string Version, string Hash)? RunsOf(JsonElement status) => status.GetProperty("generation") is { ValueKind: JsonValueKind.Object } generation
        ? (generation.GetProperty("version").GetString()!, generation.GetProperty("hash").GetString()!)
        : null;

    /// <summary>Why it does not take these bytes; null when it has not said so.</summary>
    internal static (string Code, string Detail)? RefusalOf(JsonElement status, string hash)
    {
        foreach (var entry in status.GetProperty("quarantine").EnumerateArray())
        {
            if (entry.GetProperty("package").GetProperty("hash").ValueEquals(hash))
            {
                return (entry.GetProperty("code").GetString()!, entry.GetProperty("detail").GetString()!);
            }
        }

        return null;
    }

    /// <summary>Why it may never take what is dropped, in a sentence.</summary>
    internal static string Reason(JsonElement status)
    {
        string? Text(string property) => status.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        return Text("hold") is { } hold ? $"It is held on {hold}."
            : Text("available") is { } available ? $"It is updated by hand; {available} is there for it."
            : status.GetProperty("lastError") is { ValueKind: JsonValueKind.Object } error ? $"{error.GetProperty("detail").GetString()} ({error.GetProperty("code").GetString()})"
            : Text("notice") ?? $"It is {Text("state")}. Does this lie in the host's drop-in folder?";
    }
}
