using System.Text;
using System.Text.Json;
using PluginRuntime.Manifests.Binding;

namespace PluginRuntime.Manifests.Import;

/// <summary>Where an API is: one base URL for all operations of a manifest.</summary>
internal sealed class ApiServer
{
    private const int Most = 20;
    private const int LongestUrl = 2000;

    private readonly HashSet<string> _names;

    private ApiServer(string baseUrl, IEnumerable<string> names) => (BaseUrl, _names) = (baseUrl, [baseUrl, .. names]);

    internal string BaseUrl { get; }

    /// <param name="document">The document.</param>
    /// <param name="operations">Those that are taken.</param>
    /// <param name="given">What the caller says; it is accepted. Null for what the document says.</param>
    /// <param name="notes">Told of variables.</param>
    /// <param name="errors">Told when there is no base URL.</param>
    internal static ApiServer? Find(OpenApiDocument document, List<ApiOperation> operations, string? given, ImportNotes notes, List<ValidationError> errors)
    {
        var root = Read(new(document.Root, ""));

        // Some documents name a server in each path, and none for all.
        var known = root.Count > 0 ? root : operations.Select(ServersOf).FirstOrDefault(servers => servers.Count > 0) ?? [];
        if (given is not null)
        {
            return new(given.TrimEnd('/'), known.Select(server => server.Url));
        }

        var server = known.Find(server => Binding.BaseUrl.IsAccepted(server.Url));
        if (server is null)
        {
            errors.Add(new("/baseUrl", "import.base-url-missing", "The document names no server by an absolute http or https URL; give the base URL."));
            return null;
        }

        if (server.HasVariables)
        {
            notes.Add(server.Pointer, "import.server-variables", $"Its variables have their defaults: {ImportText.Quote(server.Url)}. Give another base URL if it is one.");
        }

        return new(server.Url, root.Select(one => one.Url));
    }

    /// <summary>Whether an operation is where the others are.</summary>
    internal bool Serves(ApiOperation operation) => ServersOf(operation) is var own && (own.Count == 0 || own.Exists(server => _names.Contains(server.Url)));

    private static List<Server> ServersOf(ApiOperation operation) => Read(operation.Body) is { Count: > 0 } own ? own : Read(operation.Item);

    private static List<Server> Read(Located owner)
    {
        var servers = new List<Server>();
        var index = 0;
        foreach (var server in ImportText.Items(owner.Element, "servers").Take(Most))
        {
            var pointer = JsonPointer.Append(JsonPointer.Append(JsonPointer.Append(owner.Pointer, "servers"), index++), "url");
            if (ImportText.TextOf(server, "url") is { Length: > 0 and <= LongestUrl } url)
            {
                var filled = Fill(url, server);
                servers.Add(new(filled.TrimEnd('/'), pointer, filled != url));
            }
        }

        return servers;
    }

    // A name that has no default stays, and makes it a URL that is not accepted.
    private static string Fill(string url, JsonElement server)
    {
        var filled = new StringBuilder(url);
        foreach (var variable in ImportText.Members(server, "variables").Take(Most))
        {
            if (ImportText.TextOf(variable.Value, "default") is { Length: <= LongestUrl } value && filled.Length <= LongestUrl)
            {
                filled.Replace($"{{{variable.Name}}}", value);
            }
        }

        return filled.ToString();
    }

    private sealed record Server(string Url, string Pointer, bool HasVariables);
}
