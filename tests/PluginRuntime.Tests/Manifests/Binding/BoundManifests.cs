using System.Text;
using System.Text.Json.Nodes;
using PluginRuntime.Manifests;

namespace PluginRuntime.Tests.Manifests.Binding;

/// <summary>A manifest that is bound to an API, whole, to change one thing in.</summary>
internal static class BoundManifests
{
    internal const string Whole = """
        { "manifestVersion": 1, "id": "users", "name": "Users", "version": "1.0.0", "auth": { "type": "api_key", "headerName": "X-Key" },
          "actions": [ { "id": "update", "name": "Update", "idempotent": true,
            "inputSchema": { "type": "object", "required": ["id", "name"],
              "properties": { "id": { "type": "integer" }, "name": { "type": "string" }, "tags": { "type": "array" }, "more": { "type": "object" }, "trace": {} } },
            "http": { "method": "PUT", "path": "/users/{id}/x-{name}", "query": { "tag": "{tags}", "n": "a-{trace}", "all": true, "max": 10 },
              "headers": { "X-Trace": "t-{trace}", "Content-Type": "application/merge-patch+json" },
              "body": { "name": "{name}", "tags": "{tags}", "deep": [ { "more": "{more}" }, null, 1 ], "text": "id is {id} { }" },
              "response": "json", "statusErrors": { "404": "pass", "5xx": "unavailable" } } },
            { "id": "list", "name": "List", "inputSchema": { "properties": { "q": { "type": "string" } } },
            "http": { "method": "GET", "path": "/users/", "query": { "q": "{q}" }, "body": null,
              "paging": { "next": "/links/next", "items": "/data", "maxPages": 5 } } } ],
          "http": { "baseUrl": "https://api.example.com:8443/v1", "healthPath": "/status" } }
        """;

    /// <summary>The manifest with a value put at a pointer, or taken away there.</summary>
    internal static string With(string pointer, string? value, string manifest = Whole)
    {
        var root = JsonNode.Parse(manifest)!;
        var tokens = pointer.Split('/')[1..].Select(token => token.Replace("~1", "/", StringComparison.Ordinal)).ToArray();
        var owner = tokens[..^1].Aggregate(root, (node, token) => node is JsonArray array ? array[int.Parse(token, System.Globalization.CultureInfo.InvariantCulture)]! : node[token]!);
        if (value is null)
        {
            owner.AsObject().Remove(tokens[^1]);
        }
        else
        {
            owner[tokens[^1]] = JsonNode.Parse(value);
        }

        return root.ToJsonString();
    }

    internal static ManifestResult Read(string text) => ManifestReader.Read(Encoding.UTF8.GetBytes(text));
}
