using System.Security.Cryptography;
using System.Text;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Tests.Management;

/// <summary>Manifests without a class, as a place that packages come from.</summary>
internal sealed class RegisteredManifests
{
    private readonly Lock _lock = new();
    private readonly List<ScannedPackage> _packages = [];

    internal void Add(string manifest)
    {
        var utf8 = Encoding.UTF8.GetBytes(manifest);
        var read = ManifestReader.Read(utf8);
        Assert.Empty(read.Errors);
        var identity = new PackageIdentity(read.Manifest!.Id, read.Manifest.Version, Convert.ToHexStringLower(SHA256.HashData(utf8)));
        lock (_lock)
        {
            _packages.Add(new(new(identity, read.Manifest, PackageOrigin.Registered, $"{identity.Id} {identity.Version}", ""), identity.Hash));
        }
    }

    internal void Clear()
    {
        lock (_lock)
        {
            _packages.Clear();
        }
    }

    internal FolderScan Scan()
    {
        lock (_lock)
        {
            return new(FolderState.Read, [.. _packages], [], [], false);
        }
    }
}
