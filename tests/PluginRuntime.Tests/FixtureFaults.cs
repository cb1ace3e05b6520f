using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace PluginRuntime.Tests;

/// <summary>Ways to spoil a package.</summary>
internal static class FixtureFaults
{
    internal const string Assembly = "Fixtures.Probe.dll";

    /// <summary>The assembly's bytes are noise, and the manifest says so truthfully.</summary>
    internal static void CorruptAssembly(string directory)
    {
        var bytes = new byte[20_000];
        new Random(7).NextBytes(bytes);
        File.WriteAllBytes(Path.Combine(directory, Assembly), bytes);
        FixturePackages.Describe(directory, null);
    }

    /// <summary>One bit of the assembly is another than the manifest says.</summary>
    internal static void FlipBit(string directory)
    {
        var path = Path.Combine(directory, Assembly);
        var bytes = File.ReadAllBytes(path);
        bytes[bytes.Length / 2] ^= 1;
        File.WriteAllBytes(path, bytes);
    }

    /// <summary>The assembly asks for another major version of the Sdk.</summary>
    internal static void OtherContract(string directory)
    {
        var path = Path.Combine(directory, Assembly);
        var bytes = File.ReadAllBytes(path);
        using (var image = new PEReader(new MemoryStream(bytes)))
        {
            var reader = image.GetMetadataReader();
            var row = 0;
            foreach (var handle in reader.AssemblyReferences)
            {
                if (reader.GetString(reader.GetAssemblyReference(handle).Name) == "PluginRuntime.Sdk")
                {
                    row = MetadataTokens.GetRowNumber(handle);
                }
            }

            // A row of the AssemblyRef table begins with the major version, two bytes.
            var offset = image.PEHeaders.MetadataStartOffset
                + reader.GetTableMetadataOffset(TableIndex.AssemblyRef)
                + ((row - 1) * reader.GetTableRowSize(TableIndex.AssemblyRef));
            bytes[offset] = 2;
        }

        File.WriteAllBytes(path, bytes);
        FixturePackages.Describe(directory, null);
    }

    /// <summary>The manifest says another id than the class.</summary>
    internal static void OtherId(string directory) => FixturePackages.Describe(directory, null, manifest => manifest["id"] = "impostor");

    /// <summary>The manifest lists an action that the class does not have.</summary>
    internal static void OtherActions(string directory) =>
        FixturePackages.Describe(directory, null, manifest => manifest["actions"]!.AsArray().RemoveAt(0));

    /// <summary>The copy stopped half-way.</summary>
    internal static void HalfCopied(string directory)
    {
        using var file = File.OpenWrite(Path.Combine(directory, Assembly));
        file.SetLength(1000);
    }
}
