using Npgsql;
using PluginRuntime.Host.Auth;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Settings;

/// <summary>How the host was told to run. All paths are absolute.</summary>
internal sealed record HostSettings
{
    internal required string DataDirectory { get; init; }

    internal required string StoreDirectory { get; init; }

    /// <summary>Null when the drop-in folder is switched off.</summary>
    internal required string? DropDirectory { get; init; }

    internal required string ConfigFile { get; init; }

    internal required bool HasBuiltIns { get; init; }

    /// <summary>The most connections of all instances together; 0 for no limit.</summary>
    internal required int Connections { get; init; }

    /// <summary>How many replaced versions of a connector may stay in memory; 0 for no limit.</summary>
    internal required int HeldContexts { get; init; }

    /// <summary>The shortest time between two collections asked for so that an unloaded version can go.</summary>
    internal required TimeSpan CollectInterval { get; init; }

    /// <summary>The most requests of one key in a second; 0 for no limit.</summary>
    internal required int KeyRate { get; init; }

    /// <summary>The most requests of one key at a time; 0 for no limit.</summary>
    internal required int KeyConcurrency { get; init; }

    /// <summary>How much orgs may have that were given nothing else, but for the host's own.</summary>
    internal required OrgLimits OrgLimits { get; init; }

    /// <summary>The names by which requests may call the host, <c>*.DOMAIN</c> among them; <c>*</c> for any.</summary>
    internal required IReadOnlyList<string> AllowedHosts { get; init; }

    /// <summary>How long the host goes on serving after it was told to stop and said that it is not ready.</summary>
    internal required TimeSpan ShutdownDelay { get; init; }

    /// <summary>The longest that draining and closing may take after that.</summary>
    internal required TimeSpan ShutdownTimeout { get; init; }

    /// <summary>The file that provisions the admin key; null when there is none.</summary>
    internal required string? ProvisionedKeyFile { get; init; }

    /// <summary>The file that provisions the seal key; null when there is none.</summary>
    internal required string? ProvisionedSealFile { get; init; }

    /// <summary>The seal key itself, in place of its file; null for the file.</summary>
    internal required string? SealKeyText { get; init; }

    /// <summary>The files of seal keys that the state may still be sealed with.</summary>
    internal required IReadOnlyList<string> OldSealFiles { get; init; }

    internal required IConfigurationSection Instances { get; init; }

    /// <summary>Credentials that instances may name.</summary>
    internal required IConfigurationSection Credentials { get; init; }

    /// <summary>The sources that connectors are installed from, and the rules.</summary>
    internal required PackageOptions Packages { get; init; }

    /// <summary>The environment variables that an administrator's references may read.</summary>
    internal required IReadOnlyList<string> ReferenceVariables { get; init; }

    /// <summary>Where connections may go, besides the public internet, that somebody asks for who does not run this host.</summary>
    internal required IReadOnlyList<string> EgressAllow { get; init; }

    /// <summary>Where authorization codes may be sent to besides this machine, letter for letter.</summary>
    internal required IReadOnlyList<string> RedirectUris { get; init; }

    /// <summary>The directories below which an administrator's references may read files. Links in them are followed already.</summary>
    internal required IReadOnlyList<string> ReferenceDirectories { get; init; }

    internal string SealKeyFile => ProvisionedSealFile ?? Path.Combine(DataDirectory, "seal.key");

    internal SealKeySource SealKeys => new(SealKeyFile) { KeyText = SealKeyText, OldKeyFiles = OldSealFiles };

    /// <summary>The PostgreSQL server that keeps the state; null for the file in the data directory.</summary>
    internal required NpgsqlConnectionStringBuilder? StateServer { get; init; }

    internal string StateFile => Path.Combine(DataDirectory, "state.db");

    internal string AdminKeyFile => Path.Combine(DataDirectory, "admin.key");

    internal string BuiltInsDirectory { get; } = Path.Combine(AppContext.BaseDirectory, "connectors");
}
