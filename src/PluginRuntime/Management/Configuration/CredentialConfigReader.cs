using System.Globalization;
using System.Text.Json;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk;

namespace PluginRuntime.Management;

/// <summary>Reads a credential, strictly: all errors at once, none with a value in it.</summary>
internal sealed class CredentialConfigReader
{
    private const string Accepted = "one of none, api_key, basic, bearer and oauth";

    private const string AuthorizationCode = "authorization_code";
    private const string AuthorizationKey = "authorizationUrl";

    private static readonly string[] _ofTheRequest =
        ["response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method", "response_mode", "request", "request_uri"];

    private readonly ConfigObject _object;
    private readonly bool _isResolved;
    private readonly bool _isStored;

    private CredentialConfigReader(ConfigObject values, bool isResolved, bool isStored) => (_object, _isResolved, _isStored) = (values, isResolved, isStored);

    /// <param name="json">An object.</param>
    /// <param name="pointer">Where it lies.</param>
    /// <param name="isResolved">Whether its references have been resolved. Where not, texts that hold some are not looked into.</param>
    /// <param name="isStored">Whether it is kept by itself: only such a one can be authorized.</param>
    /// <param name="errors">Gets what is wrong.</param>
    /// <returns>The credential; worth something only when no error was added.</returns>
    internal static CredentialSettings Read(JsonElement json, string pointer, bool isResolved, bool isStored, List<ValidationError> errors)
    {
        var values = new ConfigObject(json, pointer, coerce: false, errors);
        var settings = new CredentialConfigReader(values, isResolved, isStored).Read();
        if (settings is not null)
        {
            values.Finish();
        }

        return settings ?? CredentialSettings.None;
    }

    private CredentialSettings? Read()
    {
        if (!_object.Has("type"))
        {
            _object.Error("type", "key.missing", $"'type' has to be there: {Accepted}.");
            return null;
        }

        switch (_object.Text("type"))
        {
            case CredentialTypes.None:
                return CredentialSettings.None;
            case CredentialTypes.ApiKey:
                return new() { Type = CredentialTypes.ApiKey, Secret = InHeader("apiKey", isRequired: true), HeaderName = Header() };
            case CredentialTypes.Basic:
                return new() { Type = CredentialTypes.Basic, Username = Username(), Secret = Required("password", mayBeEmpty: true) };
            case CredentialTypes.Bearer:
                return new() { Type = CredentialTypes.Bearer, Secret = InHeader("token", isRequired: true), ExpiresAt = Time("expiresAt") };
            case CredentialTypes.OAuth:
                return _object.Has("grant") ? ReadAuthorized() : ReadOAuth();
            case null:
                return null;
            default:
                _object.Error("type", "value.invalid", $"'type' has to be {Accepted}.");
                return null;
        }
    }

    private CredentialSettings ReadOAuth() =>
        new()
        {
            Type = CredentialTypes.OAuth,
            ClientId = Required("clientId"),
            ClientSecret = Required("clientSecret"),
            TokenUrl = Url("tokenUrl"),
            Scope = Scopes(),
            AccessToken = InHeader("accessToken", isRequired: false),
            RefreshToken = _object.Has("refreshToken") ? Required("refreshToken") : Absent("refreshToken"),
            ExpiresAt = Time("expiresAt"),
        };

    /// <summary>Its tokens come of the authorization: it takes none here.</summary>
    private CredentialSettings ReadAuthorized()
    {
        if (_object.Text("grant") is { } grant && grant != AuthorizationCode)
        {
            _object.Error("grant", "value.invalid", $"'grant' has to be {AuthorizationCode}, or be left out.");
        }
        else if (!_isStored)
        {
            _object.Error("grant", "value.invalid", "Only a stored credential can be authorized: PUT /api/credentials/{name}, and name it here.");
        }

        return new()
        {
            Type = CredentialTypes.OAuth,
            ClientId = Required("clientId"),
            ClientSecret = _object.Has("clientSecret") ? Required("clientSecret") : Absent("clientSecret"),
            TokenUrl = Url("tokenUrl"),
            AuthorizationUrl = AuthorizationUrl(),
            Issuer = _object.Has("issuer") ? Url("issuer")?.OriginalString : Absent("issuer"),
            Scope = Scopes(),
        };
    }

    private Uri? AuthorizationUrl()
    {
        var url = Url(AuthorizationKey);
        if (url is not null && url.Query.TrimStart('?').Split('&').FirstOrDefault(part => _ofTheRequest.Contains(Uri.UnescapeDataString(part.Split('=')[0]))) is { } taken)
        {
            _object.Error(AuthorizationKey, "value.invalid", $"'{AuthorizationKey}' may not have the parameter '{taken.Split('=')[0]}': each request has its own.");
        }

        return url;
    }

    private string? Absent(string key) => _object.Text(key);

    private string? Required(string key, bool mayBeEmpty = false)
    {
        if (!_object.Has(key))
        {
            _object.Text(key);
            _object.Error(key, "key.missing", $"'{key}' has to be there.");
            return null;
        }

        var text = _object.Text(key);
        if (text is null || IsOpen(text))
        {
            return text;
        }

        if (text.Length == 0 && !mayBeEmpty)
        {
            _object.Error(key, "value.invalid", $"'{key}' is empty.");
        }
        else if (SecretText.HasControl(text))
        {
            _object.Error(key, "value.invalid", $"'{key}' holds a control character, such as a line break.");
        }

        return text;
    }

    private string? InHeader(string key, bool isRequired)
    {
        if (!_object.Has(key))
        {
            return isRequired ? Required(key) : Absent(key);
        }

        var text = _object.Text(key);
        if (text is not null && !IsOpen(text) && !SecretText.FitsHeader(text))
        {
            _object.Error(key, "value.invalid", $"'{key}' has to be {SecretText.InHeader}: a header carries it.");
        }

        return text;
    }

    private string? Username()
    {
        var text = Required("username", mayBeEmpty: true);
        if (text is not null && !IsOpen(text) && text.Contains(':', StringComparison.Ordinal))
        {
            _object.Error("username", "value.invalid", "'username' may hold no colon: that is where the password begins.");
        }

        return text;
    }

    private string? Header()
    {
        var name = _object.Text("headerName");
        if (name is not null && !IsOpen(name) && HeaderName.Check(name) is { } wrong)
        {
            _object.Error("headerName", "value.invalid", wrong);
        }

        return name;
    }

    private Uri? Url(string key)
    {
        var text = Required(key);
        Uri? url = null;
        if (text is { Length: > 0 } && !IsOpen(text) && TokenEndpoint.Check(text, out url) is { } wrong)
        {
            _object.Error(key, "value.invalid", $"'{key}' {wrong}.");
        }

        return url;
    }

    private string? Scopes()
    {
        if (!_object.Take("scopes", out var value))
        {
            return null;
        }

        List<string?> scopes = value.ValueKind switch
        {
            JsonValueKind.String => [.. value.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries)],
            JsonValueKind.Array when value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String) =>
                [.. value.EnumerateArray().Select(item => item.GetString())],
            _ => [null],
        };
        if (scopes.Exists(scope => scope is null || (!IsOpen(scope) && (!SecretText.FitsHeader(scope) || scope.AsSpan().IndexOfAny(" \"\\") >= 0))))
        {
            _object.Error("scopes", "value.invalid", "'scopes' has to be a list of texts, or one text with spaces between them.");
        }

        return scopes.Count == 0 ? null : string.Join(' ', scopes);
    }

    private DateTimeOffset? Time(string key)
    {
        var text = _object.Text(key);
        if (text is null || IsOpen(text))
        {
            return null;
        }

        // RFC 3339 asks for an offset; without one the time would be the machine's.
        string[] formats = ["yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];
        var hasOffset = text.EndsWith('Z') || (text.Length > 6 && text[^6] is '+' or '-' && text[^3] == ':');
        if (hasOffset && DateTimeOffset.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time))
        {
            return time.ToUniversalTime();
        }

        _object.Error(key, "value.invalid", $"'{key}' has to be a time as RFC 3339 writes it: 2030-12-31T23:59:59Z.");
        return null;
    }

    /// <summary>Whether it is not known yet what the text will be.</summary>
    private bool IsOpen(string text) => !_isResolved && References.AreIn(text);
}
