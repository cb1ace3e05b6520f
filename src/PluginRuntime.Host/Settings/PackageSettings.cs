using System.Globalization;
using PluginRuntime.Credentials;
using PluginRuntime.Management;
using PluginRuntime.Packages;
using PluginRuntime.Packages.Feeds;

namespace PluginRuntime.Host.Settings;

/// <summary>Reads <c>Packages</c>: the sources that connectors are installed from, and the rules.</summary>
internal sealed class PackageSettings(IConfigurationSection section, string workingDirectory, List<string> errors)
{
    internal static readonly string[] Keys =
        ["Packages", "Packages:AllowUpload", "Packages:Blocked", "Packages:Budget", "Packages:KeepUnused", "Packages:LockFile", "Packages:Locked", "Packages:MinimumAge", "Packages:PollInterval", "Packages:Signatures", "Packages:Sources"];

    private const string Never = "never";

    private static readonly string[] _sourceKeys = ["Location", "Name", "Password", "Patterns", "Username"];

    /// <summary>Reads all of it; what is wrong is told, and left out.</summary>
    internal PackageOptions Read()
    {
        var options = new PackageOptions();
        options.PollInterval = Time("PollInterval", options.PollInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1));
        options.Budget = Time("Budget", options.Budget, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        options.MinimumAge = Time("MinimumAge", options.MinimumAge, TimeSpan.Zero, TimeSpan.FromDays(365));
        options.KeepUnused = section["KeepUnused"] == Never ? null : Time("KeepUnused", options.KeepUnused!.Value, TimeSpan.Zero, TimeSpan.FromDays(365), $"{Never}, or ");
        options.LockFile = section["LockFile"] is { Length: > 0 } file ? Path.GetFullPath(file, workingDirectory) : null;
        options.Locked = Flag("Locked");
        options.AllowUpload = Flag("AllowUpload");
        new SignatureSettings(section.GetSection("Signatures"), errors).ReadInto(options.Signatures);
        foreach (var entry in section.GetSection("Blocked").GetChildren())
        {
            if (!BlockList.TryParse(entry.Value ?? "", out _, out var error))
            {
                errors.Add($"{entry.Path}: {error}");
                continue;
            }

            options.Blocked.Add(entry.Value!);
        }

        foreach (var source in section.GetSection("Sources").GetChildren())
        {
            if (ReadSource(source) is not { } read)
            {
                continue;
            }

            if (ArchiveFolder.IsNameOfOne(read.Name))
            {
                errors.Add($"{source.Path}:Name: '{read.Name}' is the name of what comes by itself; choose another one.");
                continue;
            }

            if (options.Sources.Any(other => other.Name.Equals(read.Name, StringComparison.OrdinalIgnoreCase)))
            {
                errors.Add($"{source.Path}:Name: There is another source '{read.Name}'.");
                continue;
            }

            options.Sources.Add(read);
        }

        return options;
    }

    private bool Flag(string key)
    {
        if (bool.TryParse(section[key] ?? bool.FalseString, out var flag))
        {
            return flag;
        }

        errors.Add($"{section.Path}:{key}: It has to be true or false.");
        return false;
    }

    private PackageSourceOptions? ReadSource(IConfigurationSection source)
    {
        var before = errors.Count;
        foreach (var child in source.GetChildren().Where(child => !_sourceKeys.Contains(child.Key, StringComparer.OrdinalIgnoreCase)))
        {
            errors.Add($"{child.Path}: There is no such setting. Accepted: {string.Join(", ", _sourceKeys)}.");
        }

        var location = Location(source);
        var name = source["Name"] ?? source.Key;
        if (string.IsNullOrWhiteSpace(name) || name.Length > 64 || name.Any(char.IsControl))
        {
            errors.Add($"{source.Path}:Name: It has to be a text of at most 64 characters.");
        }

        var patterns = source.GetSection("Patterns").GetChildren().ToList();
        errors.AddRange(patterns.Where(pattern => !SourceMap.IsPattern(pattern.Value ?? ""))
            .Select(pattern => $"{pattern.Path}: It has to be the id of a package, or the beginning of one and a star."));
        var password = Secret(source, "Password");
        if (errors.Count > before)
        {
            return null;
        }

        var read = new PackageSourceOptions { Name = name, Location = location!, Username = source["Username"], Password = password };
        patterns.ForEach(pattern => read.Patterns.Add(pattern.Value!));
        return read;
    }

    private string? Location(IConfigurationSection source)
    {
        if (source["Location"] is not { Length: > 0 } location)
        {
            errors.Add($"{source.Path}:Location: It has to be a folder, or the address of a NuGet V3 feed.");
            return null;
        }

        if (!location.Contains("://", StringComparison.Ordinal))
        {
            return Path.GetFullPath(location, workingDirectory);
        }

        if (!Uri.TryCreate(location, UriKind.Absolute, out var address) || address.UserInfo.Length > 0 || (address.Scheme != "https" && address.Scheme != "http"))
        {
            errors.Add($"{source.Path}:Location: It has to be https://HOST/…/index.json; a user and a password have settings of their own.");
        }
        else if (address.Scheme == "http" && !address.IsLoopback)
        {
            errors.Add($"{source.Path}:Location: Over plain http anybody on the way could change packages; accepted is https, and http to this machine.");
        }

        return location;
    }

    private string? Secret(IConfigurationSection source, string key)
    {
        if (source[key] is not { } text)
        {
            return null;
        }

        var (value, _, detail) = new References([], [], Environment.GetEnvironmentVariable, SecretFiles.Read).Resolve(text, ReferenceAccess.All);
        if (value is null)
        {
            errors.Add($"{source.Path}:{key}: {detail}");
        }

        return value;
    }

    private TimeSpan Time(string key, TimeSpan fallback, TimeSpan least, TimeSpan most, string otherwise = "")
    {
        if (section[key] is not { } text)
        {
            return fallback;
        }

        if (Manifests.Duration.TryParse(text, out var time) && time >= least && time <= most)
        {
            return time;
        }

        errors.Add(string.Create(CultureInfo.InvariantCulture, $"{section.Path}:{key}: It has to be {otherwise}{Manifests.Duration.Accepted}, from {least.TotalSeconds} s to {most.TotalHours} h."));
        return fallback;
    }
}
