namespace PluginRuntime.Manifests;

/// <summary>A satellite assembly's name. Neither part minds case, as in assembly names.</summary>
/// <param name="Culture">Such as <c>de</c> or <c>pt-BR</c>.</param>
/// <param name="Name">The simple name, which ends in <c>.resources</c>.</param>
internal readonly record struct SatelliteName(string Culture, string Name)
{
    public bool Equals(SatelliteName other) =>
        Culture.Equals(other.Culture, StringComparison.OrdinalIgnoreCase) && Name.Equals(other.Name, StringComparison.OrdinalIgnoreCase);

    public override int GetHashCode() =>
        HashCode.Combine(StringComparer.OrdinalIgnoreCase.GetHashCode(Culture), StringComparer.OrdinalIgnoreCase.GetHashCode(Name));
}
