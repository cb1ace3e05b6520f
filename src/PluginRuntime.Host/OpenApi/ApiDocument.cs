using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Execution;
using PluginRuntime.Host.Auth;
using PluginRuntime.Management;

namespace PluginRuntime.Host.OpenApi;

/// <summary>
/// The description of the REST API as OpenAPI 3.1. What there is for every host is written by hand, beside this file; what the instances
/// that run add to it is computed when somebody asks, and kept until another generation is live.
/// </summary>
internal sealed class ApiDocument(EndpointDataSource endpoints, ConnectorRuntime runtime)
{
    private static readonly string[] _pathFiles = ["paths.json", "paths-access.json", "paths-credentials.json", "paths-instances.json", "paths-packages.json"];

    private readonly Lazy<byte[]> _open = new(() => Serialize(Describe(endpoints.Endpoints)));

    // By org. Readers at the same time may each make one; any of them will do.
    private readonly ConcurrentDictionary<string, Full> _full = new(StringComparer.Ordinal);

    /// <summary>Without the name of anything that a user has made.</summary>
    internal ReadOnlyMemory<byte> Open => _open.Value;

    /// <summary>With a path for each action of each instance of an org that runs.</summary>
    internal ReadOnlyMemory<byte> WithActions(OrgNames names)
    {
        var live = runtime.Registry.All.Where(instance => names.Owns(instance.Name)).Select(instance => instance.Slot.Live).OfType<Generation>().ToList();
        var numbers = live.Select(generation => generation.Number).ToArray();
        if (_full.TryGetValue(names.Org, out var known) && known.Generations.SequenceEqual(numbers))
        {
            return known.Utf8;
        }

        var document = JsonNode.Parse(_open.Value)!.AsObject();
        var actions = new ActionPaths(document, names);
        live.ForEach(actions.Add);
        var full = new Full(numbers, Serialize(document));
        _full[names.Org] = full;
        return full.Utf8;
    }

    /// <summary>Every operation that is described, whether this host has it or not: <c>GET /api/instances</c>.</summary>
    internal static IEnumerable<string> Described() =>
        Paths().SelectMany(path => path.Value!.AsObject().Select(operation => $"{operation.Key.ToUpperInvariant()} {path.Key}"));

    /// <summary>What endpoints answer to, in the same form.</summary>
    internal static IEnumerable<string> Operations(IEnumerable<Endpoint> endpoints) =>
        endpoints.OfType<RouteEndpoint>().SelectMany(endpoint =>
            endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Select(method => $"{method} /{endpoint.RoutePattern.RawText?.Trim('/')}") ?? []);

    private static JsonObject Describe(IEnumerable<Endpoint> endpoints)
    {
        var there = Operations(endpoints).ToHashSet(StringComparer.Ordinal);
        var document = Read("document.json");
        var paths = Paths();
        foreach (var (path, operations) in paths.ToList())
        {
            foreach (var method in operations!.AsObject().Select(pair => pair.Key).Where(method => !there.Contains($"{method.ToUpperInvariant()} {path}")).ToList())
            {
                operations.AsObject().Remove(method);
            }

            if (operations.AsObject().Count == 0)
            {
                paths.Remove(path);
            }
            else if (operations["post"] is JsonObject post)
            {
                // Every one takes it: see Idempotency.
                post["parameters"] ??= new JsonArray();
                post["parameters"]!.AsArray().Add(IdempotencyKey());
            }
        }

        document["paths"] = paths;
        document["components"]!["schemas"] = Read("schemas.json");
        return document;
    }

    internal static JsonObject IdempotencyKey() => new() { ["$ref"] = "#/components/parameters/IdempotencyKey" };

    private static JsonObject Paths() => new(_pathFiles.SelectMany(file => Read(file)).Select(path => KeyValuePair.Create(path.Key, path.Value?.DeepClone())));

    private static JsonObject Read(string file)
    {
        using var resource = typeof(ApiDocument).Assembly.GetManifestResourceStream("OpenApi/" + file)!;
        return JsonNode.Parse(resource)!.AsObject();
    }

    private static byte[] Serialize(JsonObject document) => JsonSerializer.SerializeToUtf8Bytes(document, HostJson.Options);

    private sealed record Full(long[] Generations, byte[] Utf8);
}
