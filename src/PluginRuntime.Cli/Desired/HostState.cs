using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Versioning;

namespace PluginRuntime.Cli.Desired;

/// <summary>What a host has of an org now.</summary>
/// <param name="Connectors">Registered manifests: by id, lowest version first.</param>
/// <param name="Sharing">Orgs that connectors are shared with, by id; those that are shared with none are not there.</param>
/// <param name="Credentials">Stored credentials by name.</param>
/// <param name="Instances">All instances by name, also those that the API cannot change.</param>
internal sealed record HostState(
    IReadOnlyList<DesiredConnector> Connectors,
    SortedDictionary<string, JsonArray> Sharing,
    SortedDictionary<string, HostEntry> Credentials,
    SortedDictionary<string, HostEntry> Instances)
{
    // What the host says of a manifest beside it.
    private static readonly string[] _beside = ["source", "builtIn", "hash", "org"];

    /// <exception cref="CommandException">The host does not answer, or the key may not read all of it.</exception>
    internal static async Task<HostState> ReadAsync(HostClient client, CancellationToken cancellationToken)
    {
        // What other orgs share is theirs to write down.
        var org = await client.OrgAsync(cancellationToken);
        var (items, _) = await HostList.ReadAsync(client, "api/connectors", "custom=true", cancellationToken);
        var ids = items.Where(item => item.TryGetProperty("org", out var owner) && owner.ValueEquals(org)).Select(item => item.GetProperty("id").GetString()!).ToList();
        return new(
            await ConnectorsAsync(client, ids, cancellationToken),
            await SharingAsync(client, ids, cancellationToken),
            await EntriesAsync(client, "api/credentials", cancellationToken),
            await EntriesAsync(client, "api/instances", cancellationToken));
    }

    /// <summary>What of it may be written down: all but what is defined elsewhere.</summary>
    internal DesiredState ToDesired() => new(Connectors, Sharing, Configs(Credentials), Configs(Instances));

    private static SortedDictionary<string, JsonObject> Configs(SortedDictionary<string, HostEntry> entries) =>
        new(entries.Where(entry => !entry.Value.IsReadOnly).ToDictionary(entry => entry.Key, entry => entry.Value.Config), StringComparer.Ordinal);

    private static async Task<IReadOnlyList<DesiredConnector>> ConnectorsAsync(HostClient client, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var connectors = new List<DesiredConnector>();
        foreach (var path in ids.Select(id => $"api/connectors/{PathSegment.Of(id)}/versions"))
        {
            var (versions, _) = await HostList.ReadAsync(client, path, query: null, cancellationToken);
            foreach (var version in versions.Where(version => version.GetProperty("origin").GetString() == "registered"))
            {
                var answer = await client.GetAsync($"{path}/{PathSegment.Of(version.GetProperty("version").GetString()!)}", cancellationToken);
                var manifest = JsonNode.Parse(answer)!.AsObject();
                Array.ForEach(_beside, key => manifest.Remove(key));
                connectors.Add(new(manifest["id"]!.GetValue<string>(), SemanticVersion.Parse(manifest["version"]!.GetValue<string>()), JsonSerializer.SerializeToElement(manifest)));
            }
        }

        return DesiredConnector.Sort(connectors);
    }

    private static async Task<SortedDictionary<string, JsonArray>> SharingAsync(HostClient client, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var sharing = new SortedDictionary<string, JsonArray>(StringComparer.Ordinal);
        foreach (var id in ids)
        {
            var answer = await client.GetAsync($"api/connectors/{PathSegment.Of(id)}/sharing", cancellationToken);
            if (JsonNode.Parse(answer)?["orgs"] is JsonArray { Count: > 0 } orgs)
            {
                sharing.Add(id, orgs.DeepClone().AsArray());
            }
        }

        return sharing;
    }

    private static async Task<SortedDictionary<string, HostEntry>> EntriesAsync(HostClient client, string path, CancellationToken cancellationToken)
    {
        var (items, _) = await HostList.ReadAsync(client, path, query: null, cancellationToken);
        return new(
            items.ToDictionary(
                item => item.GetProperty("name").GetString()!,
                item => new HostEntry(
                    $"\"{item.GetProperty("revision").GetRawText()}\"",
                    item.TryGetProperty("readOnly", out var readOnly) && readOnly.GetBoolean(),
                    JsonNode.Parse(item.GetProperty("config").GetRawText()) as JsonObject ?? [],
                    item.TryGetProperty("usedBy", out var users) ? [.. users.EnumerateArray().Select(user => user.GetString()!)] : [])),
            StringComparer.Ordinal);
    }
}

/// <summary>A stored credential or an instance that a host has.</summary>
/// <param name="Tag">Its entity tag.</param>
/// <param name="IsReadOnly">Whether the API cannot change it.</param>
/// <param name="Config">Its configuration, without secrets.</param>
/// <param name="UsedBy">Of a credential: the instances that name it.</param>
internal sealed record HostEntry(string Tag, bool IsReadOnly, JsonObject Config, IReadOnlyList<string> UsedBy);
