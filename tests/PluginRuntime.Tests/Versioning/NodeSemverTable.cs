namespace PluginRuntime.Tests.Versioning;

/// <summary>
/// The answers of an outside oracle, node-semver 7.8.6 (npm package <c>semver</c>, default options), in three text files beside this one.
/// </summary>
/// <remarks>
/// They were made once by a script: hand-picked corner cases and random ranges of a seeded generator, each tried against every version of
/// the list with <c>Range.test</c>; versions sorted with <c>compare</c>; texts for which <c>validRange</c> gives null. Left out is where we
/// differ on purpose: intervals, empty texts and alternatives, a whole version that stands alone, <c>*</c> as one of several alternatives
/// of which another has a prerelease (node-semver then drops the others), numbers beyond 2^53, and spellings such as <c>==1</c>.
/// </remarks>
internal static class NodeSemverTable
{
    /// <summary>The lines of one file, without the comment at its head.</summary>
    public static string[] Read(string name)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "PluginRuntime.sln")))
        {
            folder = folder.Parent;
        }

        Assert.True(folder is not null, "The tests have to run below the solution's folder: their tables lie beside their sources.");
        var file = Path.Combine(folder.FullName, "tests", "PluginRuntime.Tests", "Versioning", name);
        return [.. File.ReadLines(file).Where(line => !line.StartsWith('#'))];
    }
}
