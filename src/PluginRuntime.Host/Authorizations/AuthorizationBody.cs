using System.Text.Json;
using PluginRuntime.Host.Problems;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Authorizations;

/// <summary>
/// The bodies that begin an authorization, <c>{"redirectUri"}</c>, and complete it, <c>{"state","code","iss"?}</c>. All that is wrong is told at once,
/// and nothing of what was sent.
/// </summary>
internal static class AuthorizationBody
{
    private const int Longest = 4096;

    /// <exception cref="RequestException">It is no such body.</exception>
    internal static string ReadRedirectUri(JsonElement body, RedirectUris accepted)
    {
        var errors = new List<ValidationError>();
        var uri = Read(body, ["redirectUri"], [], errors)[0];
        if (uri is not null && !accepted.Allows(uri))
        {
            errors.Add(new("/redirectUri", "value.invalid", RedirectUris.Accepted));
        }

        return errors.Count == 0 ? uri! : throw Wrong(errors);
    }

    /// <exception cref="RequestException">It is no such body.</exception>
    internal static (string State, string Code, string? Issuer) ReadCode(JsonElement body)
    {
        var errors = new List<ValidationError>();
        var values = Read(body, ["state", "code"], ["iss"], errors);
        return errors.Count == 0 ? (values[0]!, values[1]!, values[2]) : throw Wrong(errors);
    }

    private static List<string?> Read(JsonElement body, string[] required, string[] optional, List<ValidationError> errors)
    {
        string[] all = [.. required, .. optional];
        if (body.ValueKind != JsonValueKind.Object)
        {
            errors.Add(new("", "value.invalid", "It has to be an object."));
            return [.. all.Select(_ => (string?)null)];
        }

        errors.AddRange(body.EnumerateObject().Where(member => !all.Contains(member.Name, StringComparer.Ordinal))
            .Select(member => new ValidationError(JsonPointer.Append("", member.Name), "key.unknown", $"There is no such key here. Accepted: {string.Join(", ", all)}.")));
        return [.. all.Select(name => Text(body, name, required.Contains(name, StringComparer.Ordinal), errors))];
    }

    private static string? Text(JsonElement body, string name, bool isRequired, List<ValidationError> errors)
    {
        if (!body.TryGetProperty(name, out var value) || (!isRequired && value.ValueKind == JsonValueKind.Null))
        {
            if (isRequired)
            {
                errors.Add(new("/" + name, "key.missing", "It has to be there."));
            }

            return null;
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        if (text.Length is 0 or > Longest || text.Any(character => character is <= ' ' or > '~'))
        {
            errors.Add(new("/" + name, "value.invalid", $"It has to be a text of 1 to {Longest} visible ASCII characters without spaces."));
            return null;
        }

        return text;
    }

    private static RequestException Wrong(IReadOnlyList<ValidationError> errors) => new("authorization.invalid", "The authorization cannot be begun or completed so.", errors);
}
