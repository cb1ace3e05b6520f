using System.Text.Json;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Requests;

/// <summary>
/// The bodies that make a key, <c>{"name","scopes":[…],"expires"?}</c>, and an org, <c>{"name"}</c>. All that is wrong is told at once.
/// </summary>
internal static class KeyRequest
{
    private const int LongestName = 100;

    /// <exception cref="RequestException">It is no such body.</exception>
    internal static string ReadOrg(JsonElement body)
    {
        var errors = new List<ValidationError>();
        string? name = null;
        foreach (var property in Members(body, errors))
        {
            if (property.Name != "name")
            {
                errors.Add(Unknown(property.Name, "name"));
            }
            else if (!Orgs.IsName(name = Text(property.Value)))
            {
                errors.Add(new("/name", "name.invalid", Orgs.Accepted));
            }
        }

        Require(body, "name", errors);
        return errors.Count == 0 ? name! : throw new RequestException("org.invalid", "An org cannot be made so.", errors);
    }

    /// <exception cref="RequestException">It is no such body, or asks for what the org cannot have.</exception>
    internal static (string Name, Scopes Scopes, DateTimeOffset? Expires) Read(JsonElement body, string org, DateTimeOffset now)
    {
        var errors = new List<ValidationError>();
        var (name, scopes, expires) = ("", Scopes.None, default(DateTimeOffset?));
        foreach (var property in Members(body, errors))
        {
            switch (property.Name)
            {
                case "name":
                    name = ReadName(property.Value, errors);
                    break;
                case "scopes":
                    scopes = ReadScopes(property.Value, org, errors);
                    break;
                case "expires":
                    expires = ReadTime(property.Value, now, errors);
                    break;
                default:
                    errors.Add(Unknown(property.Name, "name, scopes, expires"));
                    break;
            }
        }

        Require(body, "name", errors);
        Require(body, "scopes", errors);
        return errors.Count == 0 ? (name, scopes, expires) : throw new RequestException("api-key.invalid", "A key cannot be made so.", errors);
    }

    private static string ReadName(JsonElement value, List<ValidationError> errors)
    {
        var name = Text(value);
        if (string.IsNullOrWhiteSpace(name) || name.Length > LongestName || name.Any(char.IsControl))
        {
            errors.Add(new("/name", "name.invalid", $"It has to be a line of 1 to {LongestName} characters."));
        }

        return name ?? "";
    }

    private static Scopes ReadScopes(JsonElement value, string org, List<ValidationError> errors)
    {
        var scopes = Scopes.None;
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() == 0)
        {
            errors.Add(new("/scopes", "value.invalid", $"It has to be an array of one or more of: {ScopeNames.All}."));
            return scopes;
        }

        foreach (var (index, item) in value.EnumerateArray().Index())
        {
            var scope = ScopeNames.Read(Text(item));
            scopes |= scope;
            if (scope == Scopes.None)
            {
                errors.Add(new(JsonPointer.Append("/scopes", index), "value.invalid", $"It has to be one of: {ScopeNames.All}."));
            }
            else if (scope == Scopes.HostAdmin && org != Orgs.Default)
            {
                errors.Add(new(JsonPointer.Append("/scopes", index), "value.invalid", $"The host's administrators belong to the org '{Orgs.Default}'."));
            }
        }

        return scopes;
    }

    private static DateTimeOffset? ReadTime(JsonElement value, DateTimeOffset now, List<ValidationError> errors)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.String && value.TryGetDateTimeOffset(out var time) && time > now)
        {
            return time.ToUniversalTime();
        }

        errors.Add(new("/expires", "value.invalid", "It has to be a time to come, as 2030-01-31T12:00:00Z is one."));
        return null;
    }

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static List<JsonProperty> Members(JsonElement body, List<ValidationError> errors)
    {
        if (body.ValueKind == JsonValueKind.Object)
        {
            return [.. body.EnumerateObject()];
        }

        errors.Add(new("", "value.invalid", "It has to be an object."));
        return [];
    }

    private static void Require(JsonElement body, string name, List<ValidationError> errors)
    {
        if (body.ValueKind == JsonValueKind.Object && !body.TryGetProperty(name, out _))
        {
            errors.Add(new("/" + name, "key.missing", "It has to be there."));
        }
    }

    private static ValidationError Unknown(string name, string accepted) =>
        new(JsonPointer.Append("", name), "key.unknown", $"There is no such key here. Accepted: {accepted}.");
}
