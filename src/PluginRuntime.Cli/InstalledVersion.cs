using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary>A version of a connector that a host installed from a source, and why it is there.</summary>
/// <param name="Version">The version.</param>
/// <param name="Source">Where it came from.</param>
/// <param name="Reasons">Which instances need it, and by which range. Empty when none does.</param>
/// <param name="Needs">The packages that came with it.</param>
internal sealed record InstalledVersion(string Version, string Source, IReadOnlyList<string> Reasons, IReadOnlyList<string> Needs)
{
    private const string AnyVersion = "*";

    /// <summary>Those of one connector, as the host lists them.</summary>
    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    public static async Task<IReadOnlyList<InstalledVersion>> ReadAsync(HostClient client, string connector, CancellationToken cancellationToken)
    {
        var packages = (await HostList.ReadAsync(client, "api/packages", null, cancellationToken)).Items
            .Where(package => package.GetProperty("id").GetString() == connector && package.GetProperty("source").ValueKind == JsonValueKind.String)
            .ToList();
        if (packages.Count == 0)
        {
            return [];
        }

        var instances = (await HostList.ReadAsync(client, "api/instances", null, cancellationToken)).Items
            .ToDictionary(instance => instance.GetProperty("name").GetString()!, StringComparer.Ordinal);
        return [.. packages.Select(package => Describe(package, instances))];
    }

    /// <summary>For people.</summary>
    public IEnumerable<string> Lines()
    {
        yield return $"installed     {Version} from {Source}";
        foreach (var reason in Reasons.DefaultIfEmpty("no instance needs it"))
        {
            yield return $"because       {reason}";
        }

        foreach (var need in Needs.DefaultIfEmpty("nothing else"))
        {
            yield return $"needs         {need}";
        }
    }

    private static InstalledVersion Describe(JsonElement package, Dictionary<string, JsonElement> instances)
    {
        var version = package.GetProperty("version").GetString()!;
        return new(
            version,
            package.GetProperty("source").GetString()!,
            [.. package.GetProperty("usedBy").EnumerateArray().Select(name => name.GetString()!).Where(instances.ContainsKey)
                .Select(name => Reason(name, version, instances[name]))],
            [.. package.GetProperty("needs").EnumerateArray().Select(need => $"{need.GetProperty("id").GetString()} {need.GetProperty("version").GetString()}")]);
    }

    private static string Reason(string name, string version, JsonElement instance)
    {
        var (config, status) = (instance.GetProperty("config"), instance.GetProperty("status"));
        var range = config.TryGetProperty("version", out var given) && given.ValueKind == JsonValueKind.String ? given.GetString() : AnyVersion;
        var runs = status.GetProperty("generation") is { ValueKind: JsonValueKind.Object } generation && generation.GetProperty("version").GetString() == version;
        var isHeld = status.GetProperty("hold").GetString() == version;
        return $"{name} takes {range} and {(isHeld ? "is held on it" : runs ? "runs it" : "would go back to it")}";
    }
}
