using System.Reflection.PortableExecutable;

namespace PluginRuntime.Manifests;

/// <summary>Finds assets by where they lie, in a package that does not list them.</summary>
internal static class AssetConvention
{
    internal static void Read(string directory, IReadOnlyList<string> files, AssetChoice choice)
    {
        // The newest framework first: of equals, the first is kept.
        foreach (var file in files.OrderByDescending(FrameworkOf).ThenBy(file => file, StringComparer.Ordinal))
        {
            var segments = file.Split('/');
            var extension = Path.GetExtension(file);
            if (segments is [_])
            {
                AddRoot(directory, file, extension, choice);
            }
            else if (segments is [var culture, _] && file.EndsWith(".resources.dll", StringComparison.Ordinal))
            {
                choice.AddSatellite(file, culture, null);
            }
            else if (segments is ["runtimes", var native, "native", ..])
            {
                choice.AddNative(file, native);
            }
            else if (segments is ["runtimes", var managed, "lib", _, _] && FrameworkOf(file).Major <= Environment.Version.Major)
            {
                choice.AddManaged(file, managed);
            }
        }
    }

    private static void AddRoot(string directory, string file, string extension, AssetChoice choice)
    {
        if (extension == ".dll" && IsManaged(Path.Combine(directory, file)))
        {
            choice.AddManaged(file, null);
        }
        else if (extension is ".dll" or ".dylib" || file.EndsWith(".so", StringComparison.Ordinal) || file.Contains(".so.", StringComparison.Ordinal))
        {
            choice.AddNative(file, null);
        }
    }

    /// <summary>Reads a header, runs nothing. What is no library at all counts as managed: the loader says what is wrong with it.</summary>
    private static bool IsManaged(string path)
    {
        using var stream = File.OpenRead(path);
        using var reader = new PEReader(stream);
        try
        {
            return reader.HasMetadata;
        }
        catch (BadImageFormatException)
        {
            return true;
        }
    }

    /// <summary>8.0 for net8.0; the .NET Framework is out of reach, and what else there is (netstandard2.0) comes below all.</summary>
    private static Version FrameworkOf(string file)
    {
        if (file.Split('/') is not ["runtimes", _, "lib", var framework, ..] || !framework.StartsWith("net", StringComparison.Ordinal))
        {
            return new Version(0, 0);
        }

        return Version.TryParse(framework.AsSpan(3), out var version) ? version
            : framework.Skip(3).All(char.IsAsciiDigit) ? new Version(int.MaxValue, 0)
            : new Version(0, 0);
    }
}
