using NuGet.Configuration;
using NuGet.Protocol;
using NuGet.Protocol.Core.Types;

namespace PluginRuntime.Packages.Feeds;

/// <summary>The NuGet client of one set of sources, with the directory that it keeps its downloads in. Thread-safe.</summary>
/// <remarks>
/// The directory is a cache and not the store: it may be deleted whenever the program does not run. What the client keeps of what feeds
/// answered lies in it too, unless the environment says otherwise.
/// </remarks>
internal sealed class NuGetClient
{
    private readonly Lazy<Dictionary<string, SourceRepository>> _repositories;

    /// <param name="options">The sources; their names differ.</param>
    /// <param name="folders">Further sources.</param>
    /// <param name="cache">The directory; made when it is not there.</param>
    /// <param name="guard">Looks at every package before anything of it is used.</param>
    public NuGetClient(PackageOptions options, IReadOnlyList<ArchiveFolder> folders, string cache, ArchiveGuard guard)
    {
        Options = options;
        Cache = Path.GetFullPath(cache);
        Map = new([.. options.Sources], folders);

        // Until somebody is asked, the directory and the process stay as they are.
        _repositories = new(() => Prepare(folders, guard));
    }

    public PackageOptions Options { get; }

    public string Cache { get; }

    public SourceMap Map { get; }

    /// <summary>Where packages lie unpacked, as NuGet lays them out.</summary>
    public string PackagesFolder => Path.Join(Cache, "packages");

    public IReadOnlyCollection<SourceRepository> Repositories => _repositories.Value.Values;

    /// <summary>The repository of a source.</summary>
    public SourceRepository this[string source] => _repositories.Value[source];

    /// <summary>For one operation: nothing that feeds said before it counts.</summary>
    public static SourceCacheContext NewContext(TimeProvider timeProvider) => new() { MaxAge = timeProvider.GetUtcNow() };

    private Dictionary<string, SourceRepository> Prepare(IReadOnlyList<ArchiveFolder> folders, ArchiveGuard guard)
    {
        Directory.CreateDirectory(PackagesFolder);
        SetDefault("NUGET_HTTP_CACHE_PATH", Path.Join(Cache, "http"));
        SetDefault("NUGET_ENHANCED_MAX_NETWORK_TRY_COUNT", "3");
        SetDefault("NUGET_ENHANCED_NETWORK_RETRY_DELAY_MILLISECONDS", "200");
        SetDefault("NUGET_SCRATCH", Path.Join(Cache, "scratch"));
        foreach (var folder in folders)
        {
            Directory.CreateDirectory(folder.Directory);
        }

        return Options.Sources.Select(Describe).Concat(folders.Select(folder => new PackageSource(folder.Directory, folder.Name)))
            .ToDictionary(source => source.Name, source => guard.Wrap(source, Map), StringComparer.OrdinalIgnoreCase);
    }

    private static PackageSource Describe(PackageSourceOptions source) => new(source.Location, source.Name)
    {
        // Whether plain http is accepted is decided where the settings are read.
        AllowInsecureConnections = true,
        Credentials = source.Username is null && source.Password is null
            ? null
            : new PackageSourceCredential(source.Name, source.Username ?? "", source.Password ?? "", isPasswordClearText: true, validAuthenticationTypesText: null),
    };

    private static void SetDefault(string variable, string value)
    {
        if (Environment.GetEnvironmentVariable(variable) is null)
        {
            Environment.SetEnvironmentVariable(variable, value);
        }
    }
}
