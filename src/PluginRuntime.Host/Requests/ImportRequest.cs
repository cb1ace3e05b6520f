using System.Text.Json;
using PluginRuntime.Host.Problems;
using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Import;

namespace PluginRuntime.Host.Requests;

/// <summary>The body that imports an OpenAPI document: the document, what its manifest is to be, and whether to register that.</summary>
internal sealed record ImportRequest(JsonElement Document, OpenApiImportOptions Options, bool Registers)
{
    private const string Keys = "document, id, version, name, baseUrl, operations, tags, maxActions, register";

    /// <exception cref="RequestException">It is no such body.</exception>
    internal static ImportRequest Read(JsonElement body)
    {
        var errors = new List<ValidationError>();
        var (document, options, registers) = (default(JsonElement), new OpenApiImportOptions(), false);
        if (body.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new("", "value.type", "The value is of the wrong type; accepted is an object."));
        }
        else if (!body.TryGetProperty("document", out document))
        {
            errors.Add(new("/document", "key.missing", "The key is missing; it is required."));
        }

        foreach (var property in body.ValueKind == JsonValueKind.Object ? body.EnumerateObject().ToList() : [])
        {
            var (name, value) = (property.Name, property.Value);
            options = name switch
            {
                "document" => options,
                "id" => options with { Id = Text(name, value, errors) },
                "version" => options with { Version = Text(name, value, errors) },
                "name" => options with { Name = Text(name, value, errors) },
                "baseUrl" => options with { BaseUrl = Text(name, value, errors) },
                "operations" => options with { Operations = Texts(name, value, errors) },
                "tags" => options with { Tags = Texts(name, value, errors) },
                "maxActions" => options with { MaxActions = Number(value, errors) },
                "register" => options,
                _ => Unknown(name, options, errors),
            };
            registers = name == "register" ? Flag(name, value, errors) : registers;
        }

        return errors.Count == 0 ? new(document, options, registers) : throw new RequestException("request.invalid", $"The body has to be {{\"document\": {{…}}}}, and may have {Keys} besides.", errors);
    }

    private static string? Text(string name, JsonElement value, List<ValidationError> errors)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            errors.Add(new("/" + name, "value.type", "The value is of the wrong type; accepted is a string."));
            return null;
        }

        return value.GetString();
    }

    private static string[] Texts(string name, JsonElement value, List<ValidationError> errors)
    {
        if (value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String))
        {
            return [.. value.EnumerateArray().Select(item => item.GetString()!)];
        }

        errors.Add(new("/" + name, "value.type", "The value is of the wrong type; accepted is an array of strings."));
        return [];
    }

    private static int Number(JsonElement value, List<ValidationError> errors)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
        {
            return number;
        }

        errors.Add(new("/maxActions", "value.type", "The value is of the wrong type; accepted is a whole number."));
        return 1;
    }

    private static bool Flag(string name, JsonElement value, List<ValidationError> errors)
    {
        if (value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            errors.Add(new("/" + name, "value.type", "The value is of the wrong type; accepted is true or false."));
        }

        return value.ValueKind == JsonValueKind.True;
    }

    private static OpenApiImportOptions Unknown(string name, OpenApiImportOptions options, List<ValidationError> errors)
    {
        errors.Add(new(JsonPointer.Append("", name), "key.unknown", $"The key is not known; accepted are {Keys}."));
        return options;
    }
}
