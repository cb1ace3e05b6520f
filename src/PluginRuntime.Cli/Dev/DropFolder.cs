using System.Security.Cryptography;
using System.Text.Json;

namespace PluginRuntime.Cli.Dev;

/// <summary>The drop-in folder of a host, with one connector of ours in it: whole at any time, and one version at a time.</summary>
internal sealed class DropFolder(string directory)
{
    private const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const string Manifest = "connector.json";

    private Drop? _last;

    /// <summary>Puts a built connector there in place of the one before.</summary>
    /// <param name="built">Its output folder.</param>
    /// <returns>What lies there now, and whether it was put there now.</returns>
    /// <exception cref="CommandException">The folder holds no connector.</exception>
    internal (Drop Drop, bool IsNew) Put(string built)
    {
        var (drop, files) = Read(built);
        if (drop.Hash == _last?.Hash && System.IO.Directory.Exists(drop.Directory))
        {
            return (_last, false);
        }

        Make(directory);
        Sweep(drop.Directory);
        var hidden = Hidden(drop.Directory);
        foreach (var file in (string[])[Manifest, .. files])
        {
            var target = Path.Combine(hidden, file);
            Make(Path.GetDirectoryName(target)!);
            File.Copy(Path.Combine(built, file), target);
            if (!OperatingSystem.IsWindows())
            {
                // Hosts refuse what others may write.
                File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }

        Replace(drop.Directory, hidden);
        if (_last is { } before && before.Directory != drop.Directory)
        {
            Discard(before.Directory);
        }

        _last = drop;
        return (drop, true);
    }

    /// <summary>Takes away what was put there.</summary>
    internal void Remove()
    {
        if (_last is { } last)
        {
            Discard(last.Directory);
            _last = null;
        }
    }

    private (Drop Drop, IReadOnlyList<string> Files) Read(string built)
    {
        var path = Path.Combine(built, Manifest);
        if (!File.Exists(path))
        {
            throw new CommandException(ExitCode.Failed, $"The build has left no {Manifest} in {built}. Is this the project of a connector, with a reference to PluginRuntime.Sdk?");
        }

        var bytes = File.ReadAllBytes(path);
        var manifest = JsonElement.Parse(bytes);
        var id = manifest.GetProperty("id").GetString()!;
        return (
            new(id, manifest.GetProperty("version").GetString()!, Convert.ToHexStringLower(SHA256.HashData(bytes)), Path.Combine(directory, $"{id}-dev")),
            [.. manifest.GetProperty("files").EnumerateArray().Select(file => file.GetProperty("path").GetString()!)]);
    }

    /// <summary>Two renames, one right after the other: a host looks once it is quiet.</summary>
    private static void Replace(string target, string hidden)
    {
        if (!System.IO.Directory.Exists(target))
        {
            System.IO.Directory.Move(hidden, target);
            return;
        }

        var before = Hidden(target);
        System.IO.Directory.Move(target, before);
        try
        {
            System.IO.Directory.Move(hidden, target);
        }
        catch
        {
            System.IO.Directory.Move(before, target);
            throw;
        }

        System.IO.Directory.Delete(before, recursive: true);
    }

    private static void Discard(string target)
    {
        if (System.IO.Directory.Exists(target))
        {
            var hidden = Hidden(target);
            System.IO.Directory.Move(target, hidden);
            System.IO.Directory.Delete(hidden, recursive: true);
        }
    }

    /// <summary>What a run left that was killed while it copied.</summary>
    private static void Sweep(string target)
    {
        foreach (var left in System.IO.Directory.GetDirectories(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.*"))
        {
            System.IO.Directory.Delete(left, recursive: true);
        }
    }

    private static string Hidden(string target) => Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}");

    private static void Make(string made)
    {
        if (OperatingSystem.IsWindows())
        {
            System.IO.Directory.CreateDirectory(made);
        }
        else
        {
            System.IO.Directory.CreateDirectory(made, Own);
        }
    }
}
