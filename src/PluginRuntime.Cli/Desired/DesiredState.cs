using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Versioning;

namespace PluginRuntime.Cli.Desired;

/// <summary>What an org wants of a host, as a file has it. A part that the file does not have is null, and is left as it is.</summary>
/// <param name="Connectors">Registered manifests: by id, lowest version first.</param>
/// <param name="Sharing">Orgs that a connector of an id is shared with.</param>
/// <param name="Credentials">Stored credentials by name.</param>
/// <param name="Instances">Configurations by the instance's name.</param>
internal sealed record DesiredState(
    IReadOnlyList<DesiredConnector>? Connectors,
    SortedDictionary<string, JsonArray>? Sharing,
    SortedDictionary<string, JsonObject>? Credentials,
    SortedDictionary<string, JsonObject>? Instances)
{
    internal const string ConnectorsKey = "connectors";
    internal const string SharingKey = "sharing";
    internal const string CredentialsKey = "credentials";
    internal const string InstancesKey = "instances";

    private static readonly JsonWriterOptions _json = new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The text of the file: the same for the same state, whatever host it is of.</summary>
    internal byte[] ToUtf8()
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, _json))
        {
            json.WriteStartObject();
            if (Connectors is not null)
            {
                json.WriteStartArray(ConnectorsKey);
                foreach (var connector in Connectors)
                {
                    connector.Manifest.WriteTo(json);
                }

                json.WriteEndArray();
            }

            Write(json, SharingKey, Sharing);
            Write(json, CredentialsKey, Credentials);
            Write(json, InstancesKey, Instances);
            json.WriteEndObject();
        }

        text.WriteByte((byte)'\n');
        return text.ToArray();
    }

    private static void Write<T>(Utf8JsonWriter json, string key, SortedDictionary<string, T>? entries)
        where T : JsonNode
    {
        if (entries is null)
        {
            return;
        }

        json.WriteStartObject(key);
        foreach (var (name, value) in entries)
        {
            json.WritePropertyName(name);
            value.WriteTo(json);
        }

        json.WriteEndObject();
    }
}

/// <summary>A version of a connector that is a manifest.</summary>
internal sealed record DesiredConnector(string Id, SemanticVersion Version, JsonElement Manifest)
{
    internal string Name => $"{Id} {Version}";

    internal static IReadOnlyList<DesiredConnector> Sort(IEnumerable<DesiredConnector> connectors) =>
        [.. connectors.OrderBy(connector => connector.Id, StringComparer.Ordinal).ThenBy(connector => connector.Version)];
}
