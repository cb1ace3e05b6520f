using PluginRuntime.Packages;
using PluginRuntime.Packages.Archives;

namespace PluginRuntime.Tests.Packages.Archives;

/// <summary>Packages as the world makes them: those that this solution itself was restored from.</summary>
public sealed class RestoredPackagesTests
{
    // What is larger shows nothing new, and takes long in a debug build.
    private const long LargestSize = 4 * 1024 * 1024;

    [RestoredPackagesFact]
    public void Check_EveryRestoredPackage_Passes()
    {
        var refused = new List<string>();
        foreach (var file in RestoredPackagesFactAttribute.Find().Where(file => new FileInfo(file).Length <= LargestSize))
        {
            // <root>/<id>/<version>/<id>.<version>.nupkg
            var segments = file.Split(Path.DirectorySeparatorChar);
            try
            {
                ArchiveCheck.Check(file, segments[^1], segments[^3], segments[^2], new(), CancellationToken.None);
            }
            catch (PackageRefusedException exception)
            {
                refused.Add(exception.Message);
            }
        }

        Assert.Empty(refused);
    }
}

/// <summary>A test that needs NuGet's folder of restored packages: reported as skipped where there is none.</summary>
internal sealed class RestoredPackagesFactAttribute : FactAttribute
{
    public RestoredPackagesFactAttribute() => Skip = Find().Any() ? null! : $"There are no restored packages in {Root}.";

    private static string Root => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    public static IEnumerable<string> Find() =>
        Directory.Exists(Root) ? Directory.EnumerateFiles(Root, "*.nupkg", SearchOption.AllDirectories) : [];
}
