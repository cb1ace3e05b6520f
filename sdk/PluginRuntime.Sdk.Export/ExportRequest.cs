namespace PluginRuntime.Sdk.Export;

/// <summary>What to export.</summary>
/// <param name="Directory">The absolute path of the built or published connector.</param>
/// <param name="Assembly">The connector's assembly: a file name in <paramref name="Directory"/>.</param>
/// <param name="Version">The connector's SemVer version.</param>
/// <param name="Framework">The connector's target framework: <c>net10.0</c>.</param>
/// <param name="Excluded">Directories below <paramref name="Directory"/> that are no part of it, such as an earlier publish.</param>
internal sealed record ExportRequest(
    string Directory, string Assembly, string Version, string Framework, IReadOnlyList<string> Excluded)
{
    internal string AssemblyPath => Path.Combine(Directory, Assembly);
}
