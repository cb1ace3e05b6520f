namespace PluginRuntime;

/// <summary>Where connector packages are installed from, and by which rules.</summary>
public sealed class PackageOptions
{
    /// <summary>The sources, in the order in which they are asked. Default: none.</summary>
    public IList<PackageSourceOptions> Sources { get; } = [];

    /// <summary>How often sources are asked for newer versions, give or take a tenth. Default: 5 min; at least 1 s.</summary>
    public TimeSpan PollInterval { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>The longest that asking a source, or one installation, may take. Default: 60 s; 1 s to 1 h.</summary>
    public TimeSpan Budget { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a version has to have been published before it is taken by itself. Default: zero.</summary>
    public TimeSpan MinimumAge { get; set; }

    /// <summary>Where the choices are kept: <c>connectors.lock.json</c>. Default: null, in the data directory.</summary>
    public string? LockFile { get; set; }

    /// <summary>
    /// Whether only what the lock file names is installed and run, to the byte. Default: false: it decides where nothing is installed yet,
    /// and follows what is published.
    /// </summary>
    public bool Locked { get; set; }

    /// <summary>
    /// How long a package stays in the store that no instance of any host needs, before it is removed. The highest version of each connector
    /// stays. Default: 24 h; zero for no longer than needed, null for ever.
    /// </summary>
    public TimeSpan? KeepUnused { get; set; } = TimeSpan.FromHours(24);

    /// <summary>
    /// Versions that are taken out of service, as <c>id</c>, or <c>id@range</c> with a range of versions. Default: none.
    /// </summary>
    public IList<string> Blocked { get; } = [];

    /// <summary>Whether package files are taken over the API. Default: false.</summary>
    public bool AllowUpload { get; set; }

    /// <summary>Whose packages are installed.</summary>
    public SignatureOptions Signatures { get; } = new();
}
