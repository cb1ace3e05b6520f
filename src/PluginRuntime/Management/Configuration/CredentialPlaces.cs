using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Credentials;
using PluginRuntime.Manifests;

namespace PluginRuntime.Management;

/// <summary>Everything that says where an instance connects to, as far as it can be seen without its connector's code.</summary>
internal static class CredentialPlaces
{
    private const string Scheme = "://";

    private static readonly SearchValues<char> _unclear = SearchValues.Create("\\@ ,;=%");

    /// <param name="config">The instance's configuration.</param>
    /// <param name="manifest">The version's manifest.</param>
    internal static IReadOnlyList<CredentialPlace> Of(InstanceConfig config, ConnectorManifest manifest)
    {
        var places = new List<CredentialPlace>();
        if (config.Host is { } host)
        {
            places.Add(new("/host", host.All(char.IsAscii) ? host : null, config.Port));
        }

        if (BaseUrlOf(manifest) is { } url)
        {
            places.Add(Read("/connector", url));
        }

        places.AddRange(InSettings(config, manifest).Where(place => MayName(place.Value)).Select(Read));
        return places;
    }

    /// <summary>What is plainly no place that a credential may be sent to.</summary>
    internal static IEnumerable<ValidationError> Check(InstanceConfig config, ConnectorManifest manifest, CredentialDestinations serving, string name)
    {
        if (config.Host is { } host && !(config.Port is null ? host.All(char.IsAscii) && serving.AllowsSomewhere(host) : serving.Allows(host, config.Port)))
        {
            yield return Wrong(serving.AllowsSomewhere(host) ? "/port" : "/host", name);
        }

        if (BaseUrlOf(manifest) is { } url && !Allows(serving, Read("/connector", url)))
        {
            yield return new("/connector", CredentialGuard.Code, $"{manifest.Id} {manifest.Version} leads to a host that is not among those of the credential '{name}'.");
        }

        foreach (var place in InSettings(config, manifest).Where(place => place.IsDescribed && TextOf(place.Value)?.Contains(Scheme, StringComparison.Ordinal) == true))
        {
            if (!Allows(serving, Read(place)))
            {
                yield return Wrong("/settings" + place.Pointer, name);
            }
        }
    }

    /// <summary>Where a manifest without a class leads to; null for others.</summary>
    internal static string? BaseUrlOf(ConnectorManifest? manifest) =>
        manifest is { IsBound: true, Http: { } http } && http.TryGetProperty("baseUrl", out var url) ? url.GetString() : null;

    /// <summary>Whether two versions lead to the same origin, by the same package.</summary>
    internal static bool LeadToOne(ConnectorManifest? before, ConnectorManifest? after) =>
        OriginOf(before) == OriginOf(after) && before?.Package?.Id == after?.Package?.Id;

    private static string? OriginOf(ConnectorManifest? manifest) =>
        BaseUrlOf(manifest) is { } text && Uri.TryCreate(text, UriKind.Absolute, out var url) ? url.GetLeftPart(UriPartial.Authority) : null;

    private static bool Allows(CredentialDestinations serving, CredentialPlace place) => place.Host is { } host && serving.Allows(host, place.Port);

    private static ValidationError Wrong(string pointer, string name) =>
        new(pointer, CredentialGuard.Code, $"This leads to a host or port that is not among those of the credential '{name}'.");

    private static IEnumerable<SettingPlace> InSettings(InstanceConfig config, ConnectorManifest manifest) =>
        SettingPlaces.In(JsonNode.Parse(config.Settings.Span), manifest.SettingsSchema);

    private static bool MayName(JsonNode? value) =>
        value?.GetValueKind() is JsonValueKind.Number || TextOf(value) is { Length: > 0 };

    private static CredentialPlace Read(SettingPlace place) => Read("/settings" + place.Pointer, TextOf(place.Value) ?? "");

    // What two parsers may take for different hosts is taken for none.
    private static CredentialPlace Read(string pointer, string text)
    {
        var unclear = new CredentialPlace(pointer, null, null);
        var scheme = text.IndexOf(Scheme, StringComparison.Ordinal);
        var authority = scheme < 0 ? text : text[(scheme + Scheme.Length)..].Split('/', '?', '#')[0];
        if (text.Any(char.IsControl) || !authority.All(char.IsAscii) || authority.AsSpan().ContainsAny(_unclear))
        {
            return unclear;
        }

        if (scheme >= 0)
        {
            return Uri.CheckSchemeName(text[..scheme]) && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.IdnHost.Length > 0
                ? new(pointer, url.IdnHost, url.Port > 0 ? url.Port : null)
                : unclear;
        }

        var end = text.LastIndexOf(':');
        var isAddress = text.StartsWith('[') ? end < text.IndexOf(']', StringComparison.Ordinal) : end != text.IndexOf(':', StringComparison.Ordinal);
        if (end < 0 || isAddress)
        {
            return Uri.CheckHostName(text.Trim('[', ']')) == UriHostNameType.Unknown ? unclear : new(pointer, text, null);
        }

        return int.TryParse(text.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) ? new(pointer, text[..end], port) : unclear;
    }

    private static string? TextOf(JsonNode? value) => value?.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : null;
}
