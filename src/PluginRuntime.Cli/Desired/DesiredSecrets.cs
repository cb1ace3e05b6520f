using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;

namespace PluginRuntime.Cli.Desired;

/// <summary>
/// Puts secrets where a file says where they are: <c>{"$secret":{"env":"NAME"}}</c> and <c>{"$secret":{"file":"PATH"}}</c>.
/// <c>{"$secret":"set"}</c> is left: it keeps what the host has.
/// </summary>
/// <param name="directory">Where relative paths begin: the file's own.</param>
internal sealed class DesiredSecrets(string directory)
{
    private const string Secret = "$secret";
    private const string Kept = "set";

    private readonly List<string> _errors = [];

    internal static JsonObject Placeholder => new() { [Secret] = Kept };

    /// <exception cref="CommandException">Secrets are not where they should be; all of them are told.</exception>
    internal static DesiredState Resolve(DesiredState state, string file)
    {
        var secrets = new DesiredSecrets(Path.GetDirectoryName(file)!);
        secrets.ResolveIn(state.Credentials, "/" + DesiredState.CredentialsKey);
        secrets.ResolveIn(state.Instances, "/" + DesiredState.InstancesKey);
        return secrets._errors.Count == 0 ? state : throw new CommandException(ExitCode.Failed, [.. secrets._errors.Select(error => $"{file}: {error}")]);
    }

    internal static bool IsPlaceholder(JsonNode? node) => node is JsonObject { Count: 1 } group && group.TryGetPropertyValue(Secret, out var value) && value?.GetValueKind() == JsonValueKind.String;

    /// <summary>The pointers of secrets that are to be kept.</summary>
    internal static IEnumerable<string> KeptIn(JsonNode? node, string pointer = "") => node switch
    {
        _ when IsPlaceholder(node) => [pointer],
        JsonObject group => group.SelectMany(property => KeptIn(property.Value, JsonPointer.Append(pointer, property.Key))),
        JsonArray list => list.SelectMany((item, i) => KeptIn(item, JsonPointer.Append(pointer, i))),
        _ => [],
    };

    private void ResolveIn(SortedDictionary<string, JsonObject>? entries, string pointer)
    {
        foreach (var (name, value) in entries ?? [])
        {
            ResolveIn(value, JsonPointer.Append(pointer, name));
        }
    }

    private void ResolveIn(JsonNode? node, string pointer)
    {
        switch (node)
        {
            case JsonObject group:
                foreach (var (key, value) in group.ToList())
                {
                    var at = JsonPointer.Append(pointer, key);
                    if (value is JsonObject inner && inner.ContainsKey(Secret))
                    {
                        group[key] = Read(inner, at);
                    }
                    else
                    {
                        ResolveIn(value, at);
                    }
                }

                break;
            case JsonArray list:
                for (var i = 0; i < list.Count; i++)
                {
                    var at = JsonPointer.Append(pointer, i);
                    if (list[i] is JsonObject inner && inner.ContainsKey(Secret))
                    {
                        list[i] = Read(inner, at);
                    }
                    else
                    {
                        ResolveIn(list[i], at);
                    }
                }

                break;
        }
    }

    private JsonNode? Read(JsonObject secret, string pointer)
    {
        try
        {
            switch (secret[Secret])
            {
                case JsonValue text when secret.Count == 1 && text.GetValueKind() == JsonValueKind.String && text.GetValue<string>() == Kept:
                    return Placeholder;
                case JsonObject { Count: 1 } place when secret.Count == 1 && place["env"] is JsonValue name && name.GetValueKind() == JsonValueKind.String:
                    return Environment.GetEnvironmentVariable(name.GetValue<string>()) ?? throw new IOException($"The environment variable '{name.GetValue<string>()}' is not set.");
                case JsonObject { Count: 1 } place when secret.Count == 1 && place["file"] is JsonValue path && path.GetValueKind() == JsonValueKind.String:
                    return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(Path.GetFullPath(path.GetValue<string>(), directory))).TrimEnd('\r', '\n');
                default:
                    throw new IOException("A secret is a text, {\"$secret\":\"set\"} for what the host has, {\"$secret\":{\"env\":\"NAME\"}} or {\"$secret\":{\"file\":\"PATH\"}}.");
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A wrong byte's message would tell of the text.
            _errors.Add($"{pointer}: {(exception is DecoderFallbackException ? "The file is no UTF-8 text." : exception.Message)}");
            return null;
        }
    }
}
