using System.Text.Json;
using PluginRuntime.Sdk;

namespace PluginRuntime.Manifests.Import;

/// <summary>Which credential a manifest asks for: the one that serves most of the operations that are taken. An instance need not have one.</summary>
internal sealed class ApiSecurity
{
    private readonly OpenApiDocument _document;
    private readonly Dictionary<string, ManifestAuth?> _schemes = new(StringComparer.Ordinal);

    private ApiSecurity(OpenApiDocument document) => _document = document;

    internal ManifestAuth Auth { get; private set; } = ManifestAuth.None;

    internal static ApiSecurity Choose(OpenApiDocument document, List<ApiOperation> operations, ImportNotes notes)
    {
        var security = new ApiSecurity(document);
        security.ReadSchemes(notes);
        var counts = new List<(ManifestAuth Auth, int Count)>();
        foreach (var auth in operations.SelectMany(operation => security.AlternativesOf(operation).OfType<ManifestAuth>().Where(auth => auth != ManifestAuth.None).Distinct()))
        {
            var index = counts.FindIndex(count => count.Auth == auth);
            if (index < 0)
            {
                counts.Add((auth, 1));
            }
            else
            {
                counts[index] = (auth, counts[index].Count + 1);
            }
        }

        // The first of those that are equal: MaxBy keeps to the order.
        security.Auth = counts.Count == 0 ? security.Offered() : counts.MaxBy(count => count.Count).Auth;
        security.TellOthers(notes);
        return security;
    }

    /// <summary>Whether an operation can be called with that credential; what it wants else is noted.</summary>
    internal bool Serves(ApiOperation operation, ImportNotes notes)
    {
        var alternatives = AlternativesOf(operation);
        if (alternatives.Count == 0 || alternatives.Exists(auth => auth == ManifestAuth.None || auth == Auth))
        {
            return true;
        }

        notes.Add(
            operation.Pointer,
            "import.security",
            $"The operation is left out: a manifest has one kind of credential, here {Auth.Type}, and the operation takes another, or two at once, or one that is not in a header.");
        return false;
    }

    /// <summary>What an operation can be called with, null for what a manifest cannot say; empty when it asks for nothing.</summary>
    private List<ManifestAuth?> AlternativesOf(ApiOperation operation)
    {
        var owner = ImportText.Member(operation.Body.Element, "security") is null ? _document.Root : operation.Body.Element;
        return [.. ImportText.Items(owner, "security").Where(one => one.ValueKind == JsonValueKind.Object).Take(20).Select(Alternative)];
    }

    /// <summary>Where no operation asks for anything: what the document knows, and anything where it does not speak of it.</summary>
    private ManifestAuth Offered() =>
        _schemes.Values.FirstOrDefault(auth => auth is not null) ?? (_schemes.Count == 0 ? new(CredentialTypes.Any) : ManifestAuth.None);

    private ManifestAuth? Alternative(JsonElement requirement)
    {
        // Counting stops at the second: two at once are nothing that an instance has.
        var names = requirement.EnumerateObject().Take(2).Select(scheme => scheme.Name).ToList();
        return names.Count switch
        {
            0 => ManifestAuth.None,
            1 => _schemes.GetValueOrDefault(names[0]),
            _ => null,
        };
    }

    private void ReadSchemes(ImportNotes notes)
    {
        foreach (var scheme in SchemesOf())
        {
            var located = _document.Resolve(scheme, notes);
            var auth = located is { } found ? Map(found.Element) : null;
            _schemes.Add(NameOf(scheme), auth);
            if (located is not null && auth is null)
            {
                notes.Add(
                    scheme.Pointer,
                    "import.security-scheme",
                    "This is no credential that a manifest asks for; accepted are an API key in a header, HTTP basic and bearer, OAuth 2.0 and OpenID Connect.");
            }
        }
    }

    private void TellOthers(ImportNotes notes)
    {
        foreach (var scheme in SchemesOf().Where(scheme => _schemes[NameOf(scheme)] is { } other && other != Auth))
        {
            notes.Add(scheme.Pointer, "import.security-other", $"A manifest has one kind of credential, here {Auth.Type}; this one is not offered.");
        }
    }

    private IEnumerable<Located> SchemesOf() =>
        new Located(_document.Root, "").Find("components")?.Find("securitySchemes") is { Element.ValueKind: JsonValueKind.Object } schemes
            ? schemes.Element.EnumerateObject().Select(scheme => schemes.At(scheme.Name, scheme.Value))
            : [];

    private static string NameOf(Located scheme) => JsonPointer.TrySplit(scheme.Pointer, out var tokens) ? tokens[^1] : "";

    private static ManifestAuth? Map(JsonElement scheme) => ImportText.TextOf(scheme, "type") switch
    {
        "apiKey" when ImportText.TextOf(scheme, "in") == "header" && ImportText.TextOf(scheme, "name") is { } name && IsKeyHeader(name) =>
            new(CredentialTypes.ApiKey, name),
        "http" => ImportText.TextOf(scheme, "scheme")?.ToLowerInvariant() switch
        {
            "basic" => new(CredentialTypes.Basic),
            "bearer" => new(CredentialTypes.Bearer),
            _ => null,
        },
        "oauth2" or "openIdConnect" => new(CredentialTypes.OAuth),
        _ => null,
    };

    private static bool IsKeyHeader(string name) => HeaderName.Check(name) is null && !name.Equals("Cookie", StringComparison.OrdinalIgnoreCase);
}
