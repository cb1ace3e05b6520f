using System.Globalization;
using PluginRuntime.Execution.Pooling;
using PluginRuntime.Host.Auth;
using PluginRuntime.Management;
using PluginRuntime.Manifests;

namespace PluginRuntime.Host.Settings;

/// <summary>Reads the section <c>PluginRuntime</c>, strictly, and collects everything that is wrong with it.</summary>
internal sealed class HostSettingsReader(IConfiguration configuration, string workingDirectory, List<string> errors)
{
    internal const string Section = "PluginRuntime";
    internal const string KeyFileVariable = "PLUGINRUNTIME_ADMIN_KEY_FILE";

    private const int DefaultKeyRate = 10_000;
    private const int DefaultKeyConcurrency = 1_000;
    private const int LargestKeyLimit = 1_000_000;

    private static readonly string[] _keys =
        [
            "BuiltIns", "Config", "Connections", "Credentials", "Data", "Drop", "Drop:Enabled", "Drop:Path", "Egress", "Egress:Allow", "Instances", "Limits", "Limits:CollectInterval", "Limits:HeldContexts",
            "Limits:Key", "Limits:Key:Concurrency", "Limits:Key:Rate",
            "Limits:Org", "Limits:Org:Concurrency", "Limits:Org:Connectors", "Limits:Org:Credentials", "Limits:Org:Instances", "Limits:Org:Keys", "Limits:Org:Rate",
            .. ListenSettings.Keys, "OAuth", "OAuth:RedirectUris", .. PackageSettings.Keys, "References", "References:Env", "References:Files", "ShutdownDelay", "ShutdownTimeout", .. StateSettings.Keys, "Store",
        ];

    // What these hold is checked by those who read it.
    private static readonly string[] _open = [ListenSettings.HostsKey, "Credentials", "Egress:Allow", "Instances", "OAuth:RedirectUris", "Packages:Blocked", "Packages:Signatures", "Packages:Sources", "References:Env", "References:Files"];

    private readonly IConfigurationSection _root = configuration.GetSection(Section);

    internal HostSettings Read()
    {
        Refuse(_root, "");
        var data = FullPath("Data", "data");
        var settings = new HostSettings
        {
            DataDirectory = data,
            StoreDirectory = _root["Store"] is null ? Path.Combine(data, "store") : FullPath("Store", "store"),
            DropDirectory = Flag("Drop:Enabled") ? FullPath("Drop:Path", "drop") : null,
            ConfigFile = FullPath("Config", "connectors.json"),
            HasBuiltIns = Flag("BuiltIns"),
            Connections = Number("Connections", new PluginRuntimeOptions().Connections, ConnectionBudget.MaxLimit),
            HeldContexts = Number("Limits:HeldContexts", new PluginRuntimeOptions().HeldContexts, HeldContexts.MaxLimit),
            CollectInterval = Time("Limits:CollectInterval", new PluginRuntimeOptions().CollectInterval, TimeSpan.FromMilliseconds(100)),
            KeyRate = Number("Limits:Key:Rate", DefaultKeyRate, LargestKeyLimit),
            KeyConcurrency = Number("Limits:Key:Concurrency", DefaultKeyConcurrency, LargestKeyLimit),
            OrgLimits = new(
                OrgLimit("Instances", OrgLimits.Default.Instances),
                OrgLimit("Credentials", OrgLimits.Default.Credentials),
                OrgLimit("Keys", OrgLimits.Default.Keys),
                OrgLimit("Connectors", OrgLimits.Default.Connectors),
                OrgLimit("Rate", OrgLimits.Default.Rate),
                OrgLimit("Concurrency", OrgLimits.Default.Concurrency)),
            ShutdownDelay = Time("ShutdownDelay", Console.IsOutputRedirected ? TimeSpan.FromSeconds(1) : TimeSpan.Zero, TimeSpan.Zero),
            ShutdownTimeout = Time("ShutdownTimeout", TimeSpan.FromSeconds(60), TimeSpan.Zero),
            ProvisionedKeyFile = Provisioned(KeyFileVariable),
            ProvisionedSealFile = Provisioned(SealSettings.FileVariable),
            SealKeyText = configuration[SealSettings.TextVariable] is { Length: > 0 } text ? text : null,
            OldSealFiles = SealSettings.OldFiles(configuration, workingDirectory),
            AllowedHosts = new ListenSettings(configuration, _root, errors).Read(),
            StateServer = new StateSettings(_root.GetSection("State"), errors).Read(),
            Instances = _root.GetSection("Instances"),
            Credentials = _root.GetSection("Credentials"),
            Packages = new PackageSettings(_root.GetSection("Packages"), workingDirectory, errors).Read(),
            ReferenceVariables = ReferenceLists.Variables(_root, errors),
            EgressAllow = ReferenceLists.Egress(_root, errors),
            RedirectUris = ReferenceLists.Redirects(_root, errors),
            ReferenceDirectories = ReferenceLists.Directories(_root, data, workingDirectory, errors),
        };
        SealSettings.Check(settings, configuration, errors);
        errors.AddRange(NamedCredentials.Check(NamedCredentials.FromSection(settings.Credentials))
            .Select(error => $"{Section}:Credentials{error.Pointer.Replace('/', ':')}: {error.Detail}"));
        CheckInstances(settings.Instances);
        CheckFile(settings.ConfigFile);
        return settings;
    }

    private void Refuse(IConfigurationSection section, string prefix)
    {
        foreach (var child in section.GetChildren())
        {
            var key = prefix + child.Key;
            if (!_keys.Contains(key, StringComparer.OrdinalIgnoreCase))
            {
                errors.Add($"{Section}:{key}: There is no such setting. Accepted: {string.Join(", ", _keys)}.");
            }
            else if (Array.Exists(_keys, known => known.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)))
            {
                if (!string.IsNullOrEmpty(child.Value))
                {
                    var parts = _keys.Where(known => known.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase)).Select(known => known[(key.Length + 1)..]);
                    errors.Add($"{Section}:{key}: It has to be a section with {string.Join(" and ", parts)}.");
                }

                Refuse(child, key + ":");
            }
            else if (!_open.Contains(key, StringComparer.OrdinalIgnoreCase) && child.GetChildren().Any())
            {
                errors.Add($"{Section}:{key}: It has to be a single value.");
            }
        }
    }

    private string? Provisioned(string variable) =>
        configuration[variable] is { Length: > 0 } file ? Path.GetFullPath(file, workingDirectory) : null;

    private string FullPath(string key, string fallback)
    {
        var value = _root[key] ?? fallback;
        if (string.IsNullOrWhiteSpace(value) || value.Contains('\0', StringComparison.Ordinal))
        {
            errors.Add($"{Section}:{key}: It has to be a path.");
            return workingDirectory;
        }

        return Path.GetFullPath(value, workingDirectory);
    }

    private bool Flag(string key)
    {
        if (_root[key] is not { } value)
        {
            return true;
        }

        if (!bool.TryParse(value, out var flag))
        {
            errors.Add($"{Section}:{key}: It has to be true or false.");
        }

        return flag;
    }

    private int Number(string key, int fallback, int most)
    {
        if (_root[key] is not { } value)
        {
            return fallback;
        }

        if (int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most)
        {
            return number;
        }

        errors.Add($"{Section}:{key}: It has to be a whole number from 1 to {most}, or 0 for no limit.");
        return fallback;
    }

    private int OrgLimit(string key, int fallback) => Number("Limits:Org:" + key, fallback, GivenLimits.Largest);

    private TimeSpan Time(string key, TimeSpan fallback, TimeSpan least)
    {
        if (_root[key] is not { } value)
        {
            return fallback;
        }

        if (Duration.TryParse(value, out var time) && time >= least && time <= TimeSpan.FromHours(1))
        {
            return time;
        }

        errors.Add($"{Section}:{key}: It has to be {Duration.Accepted}, at most an hour{(least > TimeSpan.Zero ? $" and at least {least.TotalMilliseconds} ms" : "")}.");
        return fallback;
    }

    private void CheckInstances(IConfigurationSection instances)
    {
        foreach (var definition in Definitions.FromSection(instances))
        {
            Report($"{Section}:Instances:{definition.Name}", definition);
        }
    }

    /// <summary>A file that is broken when the host starts leaves no last good one to run on. One that is not there yet may come later.</summary>
    private void CheckFile(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        try
        {
            var (document, problem) = ConnectorsFile.Read(File.ReadAllBytes(path), DefinitionOrigin.File);
            if (problem is not null)
            {
                errors.Add($"{path}: {problem}");
            }

            // An instance with errors is listed with them and stops nothing, unless the program is said to need it.
            foreach (var definition in document?.Definitions.Where(definition => definition.Errors.Count > 0 && IsRequired(definition)) ?? [])
            {
                Report($"{path}: /instances/{definition.Name}", definition);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            errors.Add($"{path}: It cannot be read: {exception.Message}");
        }
    }

    private void Report(string where, InstanceDefinition definition) =>
        errors.AddRange(definition.Errors.Select(error => $"{where}{error.Pointer}: {error.Detail}"));

    private static bool IsRequired(InstanceDefinition definition)
    {
        using var document = System.Text.Json.JsonDocument.Parse(definition.Json);
        return document.RootElement.ValueKind == System.Text.Json.JsonValueKind.Object
            && document.RootElement.TryGetProperty("required", out var required)
            && required.ValueKind == System.Text.Json.JsonValueKind.True;
    }
}
