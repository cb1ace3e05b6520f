using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Execution;
using PluginRuntime.Host.Auth;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Schema;

namespace PluginRuntime.Host.OpenApi;

/// <summary>Adds the actions of generations to a description, each at its own path with its own schemas. Instances on the same package share those.</summary>
internal sealed class ActionPaths(JsonObject document, OrgNames names)
{
    private readonly JsonObject _paths = document["paths"]!.AsObject();
    private readonly JsonObject _schemas = document["components"]!["schemas"]!.AsObject();

    // Where the operation of every action takes what is the same for all: its possible problems.
    private readonly JsonObject _call = document["paths"]!["/api/instances/{name}/actions/{action}"]!["post"]!.AsObject();
    private readonly Dictionary<(PackageIdentity Package, string Action, string Side), string> _names = [];

    internal void Add(Generation generation)
    {
        var instance = names.Outside(generation.Instance);
        foreach (var action in generation.Manifest.Actions)
        {
            _paths[$"/api/instances/{instance}/actions/{action.Id}"] = new JsonObject
            {
                ["post"] = Operation(generation, instance, action),
            };
        }
    }

    private JsonObject Operation(Generation generation, string instance, ManifestAction action)
    {
        var responses = _call["responses"]!.DeepClone().AsObject();
        responses["200"] = new JsonObject
        {
            ["description"] = "The output.",
            ["content"] = Json(Schema(generation.Identity, action, "Output", action.OutputSchema)),
        };
        return new()
        {
            // Names hold no colon, so the ids differ where the names do.
            ["operationId"] = $"call:{instance}:{action.Id}",
            ["tags"] = new JsonArray("calls"),
            ["summary"] = $"{instance}: {action.Name}",
            ["description"] = action.Description,
            ["parameters"] = new JsonArray(new JsonObject { ["$ref"] = "#/components/parameters/ConnectorTimeout" }, ApiDocument.IdempotencyKey()),
            ["requestBody"] = new JsonObject
            {
                ["description"] = "The input. Without a body: {}.",
                ["content"] = Json(Schema(generation.Identity, action, "Input", action.InputSchema)),
            },
            ["responses"] = responses,
        };
    }

    private static JsonObject Json(JsonNode schema) => new() { ["application/json"] = new JsonObject { ["schema"] = schema } };

    private JsonObject Schema(PackageIdentity package, ManifestAction action, string side, JsonElement? schema)
    {
        if (schema is not { } found)
        {
            return [];
        }

        var key = (package, action.Id, side);
        if (!_names.TryGetValue(key, out var name))
        {
            // Upper case keeps it apart from ids; the hash tells versions apart, and a number what is the same by chance.
            var wanted = $"{package.Id}.{action.Id}.{side}.{package.Hash[..Math.Min(8, package.Hash.Length)]}";
            name = wanted;
            for (var i = 2; _schemas.ContainsKey(name); i++)
            {
                name = $"{wanted}.{i}";
            }

            _names[key] = name;
            _schemas[name] = SchemaRelocation.Move(found, "#/components/schemas/" + name);
        }

        return new() { ["$ref"] = "#/components/schemas/" + name };
    }
}
