using System.Text.Json;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Requests;

/// <summary>The body that gives an org limits: an object of whole numbers, 0 for no limit, null or nothing for the default.</summary>
internal static class LimitsRequest
{
    private static readonly string[] _names = ["instances", "credentials", "keys", "connectors", "rate", "concurrency"];

    /// <exception cref="RequestException">It is no such body.</exception>
    internal static GivenLimits Read(JsonElement body)
    {
        var errors = new List<ValidationError>();
        if (body.ValueKind != JsonValueKind.Object)
        {
            throw Wrong([new("", "value.invalid", "It has to be an object.")]);
        }

        errors.AddRange(body.EnumerateObject().Where(member => !_names.Contains(member.Name, StringComparer.Ordinal))
            .Select(member => new ValidationError(JsonPointer.Append("", member.Name), "key.unknown", $"There is no such key here. Accepted: {string.Join(", ", _names)}.")));
        var values = Array.ConvertAll(_names, name => Number(body, name, errors));
        return errors.Count == 0 ? new(values[0], values[1], values[2], values[3], values[4], values[5]) : throw Wrong(errors);
    }

    private static int? Number(JsonElement body, string name, List<ValidationError> errors)
    {
        if (!body.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number is >= 0 and <= GivenLimits.Largest)
        {
            return number;
        }

        errors.Add(new("/" + name, "value.invalid", $"It has to be a whole number from 1 to {GivenLimits.Largest}, 0 for no limit, or null for the default."));
        return null;
    }

    private static RequestException Wrong(IReadOnlyList<ValidationError> errors) => new("org.invalid", "The org cannot be limited so.", errors);
}
