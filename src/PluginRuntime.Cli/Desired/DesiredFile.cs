using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;
using PluginRuntime.Versioning;

namespace PluginRuntime.Cli.Desired;

/// <summary>Reads a file of desired state, strictly: everything wrong with its shape at once. What is in its parts is the host's to check.</summary>
internal sealed class DesiredFile
{
    private static readonly string[] _keys = [DesiredState.ConnectorsKey, DesiredState.SharingKey, DesiredState.CredentialsKey, DesiredState.InstancesKey];

    private readonly List<string> _errors = [];

    private DesiredFile()
    {
    }

    /// <exception cref="CommandException">The file cannot be read, or has errors.</exception>
    internal static async Task<DesiredState> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var utf8 = await File.ReadAllBytesAsync(path, cancellationToken);
        var errors = new List<ValidationError>();
        using var document = StrictJson.Parse(utf8, StrictJsonCodes.Instance, errors);
        if (document is null)
        {
            throw new CommandException(ExitCode.Failed, [.. errors.Select(error => $"{path}: {(error.Pointer.Length > 0 ? error.Pointer + ": " : "")}{error.Detail}")]);
        }

        var file = new DesiredFile();
        var state = file.Read(document.RootElement);
        return file._errors.Count == 0 ? state : throw new CommandException(ExitCode.Failed, [.. file._errors.Select(error => $"{path}: {error}")]);
    }

    private DesiredState Read(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            _errors.Add("It has to be an object.");
            return new(null, null, null, null);
        }

        foreach (var property in root.EnumerateObject().Where(property => !_keys.Contains(property.Name, StringComparer.Ordinal)))
        {
            _errors.Add($"{JsonPointer.Append("", property.Name)}: There is no such key. Accepted: {string.Join(", ", _keys)}.");
        }

        return new(
            root.TryGetProperty(DesiredState.ConnectorsKey, out var connectors) ? Connectors(connectors) : null,
            root.TryGetProperty(DesiredState.SharingKey, out var sharing) ? Entries<JsonArray>(DesiredState.SharingKey, sharing, "a list of orgs") : null,
            root.TryGetProperty(DesiredState.CredentialsKey, out var credentials) ? Entries<JsonObject>(DesiredState.CredentialsKey, credentials, "an object") : null,
            root.TryGetProperty(DesiredState.InstancesKey, out var instances) ? Entries<JsonObject>(DesiredState.InstancesKey, instances, "an object") : null);
    }

    private IReadOnlyList<DesiredConnector> Connectors(JsonElement list)
    {
        const string pointer = "/" + DesiredState.ConnectorsKey;
        if (list.ValueKind != JsonValueKind.Array)
        {
            _errors.Add($"{pointer}: It has to be a list of manifests.");
            return [];
        }

        var connectors = new List<DesiredConnector>();
        foreach (var (manifest, i) in list.EnumerateArray().Select((manifest, i) => (manifest, i)))
        {
            if (Text(manifest, "id") is not { Length: > 0 } id || !SemanticVersion.TryParse(Text(manifest, "version"), out var version))
            {
                _errors.Add($"{JsonPointer.Append(pointer, i)}: It has to be a manifest, with an 'id' and a 'version' as 1.2.3.");
            }
            else if (connectors.Exists(other => other.Id == id && other.Version.CompareTo(version) == 0))
            {
                _errors.Add($"{JsonPointer.Append(pointer, i)}: {id} {version} is there twice.");
            }
            else
            {
                connectors.Add(new(id, version, manifest.Clone()));
            }
        }

        return DesiredConnector.Sort(connectors);
    }

    private SortedDictionary<string, T> Entries<T>(string key, JsonElement group, string accepted)
        where T : JsonNode
    {
        var pointer = "/" + key;
        var entries = new SortedDictionary<string, T>(StringComparer.Ordinal);
        if (group.ValueKind != JsonValueKind.Object)
        {
            _errors.Add($"{pointer}: It has to be an object with an entry for each name.");
            return entries;
        }

        foreach (var entry in group.EnumerateObject())
        {
            if (entry.Name is "" or "." or "..")
            {
                _errors.Add($"{JsonPointer.Append(pointer, entry.Name)}: It is no name.");
            }
            else if (JsonNode.Parse(entry.Value.GetRawText()) is T value)
            {
                entries.Add(entry.Name, value);
            }
            else
            {
                _errors.Add($"{JsonPointer.Append(pointer, entry.Name)}: It has to be {accepted}.");
            }
        }

        return entries;
    }

    private static string? Text(JsonElement manifest, string key) =>
        manifest.ValueKind == JsonValueKind.Object && manifest.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
