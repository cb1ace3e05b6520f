using System.Text.Json.Nodes;
using PluginRuntime.Sdk;

namespace PluginRuntime.Manifests.Import;

/// <summary>An action while it is put together.</summary>
internal sealed class ActionDraft
{
    internal ActionDraft(OpenApiDocument document, ApiOperation operation, ManifestAuth auth)
    {
        (Document, Operation, Auth) = (document, operation, auth);
        InputSchemas = new(document, Notes, isInput: true);
        OutputSchemas = new(document, Notes, isInput: false);
    }

    internal OpenApiDocument Document { get; }

    internal ApiOperation Operation { get; }

    /// <summary>What credential the manifest asks for.</summary>
    internal ManifestAuth Auth { get; }

    /// <summary>The header that a key is in.</summary>
    internal string? KeyHeader => Auth.HeaderName ?? (Auth.Type == CredentialTypes.Any ? HeaderName.Default : null);

    /// <summary>What of the operation is left out. Of use only when the rest is not.</summary>
    internal ImportNotes Notes { get; } = new();

    internal InputNames Names { get; } = new();

    internal SchemaConverter InputSchemas { get; }

    internal SchemaConverter OutputSchemas { get; }

    /// <summary>The input's properties.</summary>
    internal JsonObject Properties { get; } = [];

    internal JsonArray Required { get; } = [];

    /// <summary>The part <c>http</c>.</summary>
    internal JsonObject Http { get; } = [];

    internal JsonObject? OutputSchema { get; set; }

    /// <summary>Says why the operation is left out.</summary>
    /// <returns>False.</returns>
    internal bool Refuse(string pointer, string code, string why)
    {
        Notes.Add(pointer, code, $"The operation is left out: {why}");
        return false;
    }

    internal void AddHeader(string name, string value)
    {
        if (Http["headers"] is not JsonObject headers)
        {
            Http["headers"] = headers = [];
        }

        headers[name] = value;
    }

    /// <summary>Adds a property of the input.</summary>
    /// <param name="name">Its name, taken.</param>
    /// <param name="schema">Where its schema stands; null for anything.</param>
    /// <param name="owner">What may describe it.</param>
    /// <param name="isRequired">Whether the input has to have it.</param>
    internal void AddProperty(string name, Located? schema, Located owner, bool isRequired)
    {
        var converted = schema is { } given ? InputSchemas.Convert(given, 3) : new JsonObject();
        if (converted is JsonObject described)
        {
            var description = ImportText.Of(owner.Element, "description", ImportText.LongestDescription);
            if (description.Length > 0)
            {
                described["description"] = description;
            }

            if (ImportText.IsTrue(owner.Element, "deprecated"))
            {
                described["deprecated"] = true;
            }
        }

        Properties[name] = converted;
        if (isRequired)
        {
            Required.Add(name);
        }
    }
}
