using Microsoft.Extensions.Configuration;

namespace PluginRuntime;

/// <summary>How a runtime is set up.</summary>
public sealed class PluginRuntimeOptions
{
    /// <summary>
    /// Where the store, the state and the connectors' own files lie. One process at a time may use it. Default: <c>data</c> in the working
    /// directory.
    /// </summary>
    public string DataDirectory { get; set; } = "data";

    /// <summary>Where installed packages lie. Default: null, <c>store</c> in the data directory.</summary>
    public string? StoreDirectory { get; set; }

    /// <summary>The drop-in folder, watched while the runtime runs. Default: null, none.</summary>
    public string? DropDirectory { get; set; }

    /// <summary>Where the packages lie that ship with the program. Default: null, none.</summary>
    public string? BuiltInsDirectory { get; set; }

    /// <summary>The sources that packages are installed from, and the rules. Default: no sources.</summary>
    public PackageOptions Packages { get; set; } = new();

    /// <summary>The watched file of instances. Default: null, none.</summary>
    public string? ConfigFile { get; set; }

    /// <summary>A section whose children define instances by name. Default: null, none.</summary>
    public IConfigurationSection? InstancesSection { get; set; }

    /// <summary>Instances that the program itself defines: name, and configuration as JSON text.</summary>
    public IDictionary<string, string> Instances { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>
    /// The most connections of all instances together, also during a swap. Default: 1,000; 1 to 1,000,000, 0 for no limit.
    /// </summary>
    /// <remarks>
    /// When all are taken, an instance that needs one gets it from those that have idle ones above their <c>pool.min</c>, and an instance
    /// without any connection from those at their minimum too. Callers are served in the order in which they came, whatever their
    /// instance.
    /// </remarks>
    public int Connections { get; set; } = 1_000;

    /// <summary>A section whose children define credentials by name, for instances to name. Default: null, none.</summary>
    public IConfigurationSection? CredentialsSection { get; set; }

    /// <summary>Credentials that the program itself defines for instances to name: name, and credential as JSON text.</summary>
    public IDictionary<string, string> Credentials { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The environment variables that references in what an administrator sends over the API may read. Default: none.</summary>
    public IList<string> ReferenceVariables { get; } = [];

    /// <summary>The directories below which files lie that references in what an administrator sends over the API may read. Default: none.</summary>
    public IList<string> ReferenceDirectories { get; } = [];

    /// <summary>
    /// Where connections may go, besides the public internet, that somebody asks for who does not run this program: host names,
    /// <c>*.corp.example</c>, addresses, and ranges as <c>10.1.0.0/16</c>. Default: none.
    /// </summary>
    public IList<string> EgressAllow { get; } = [];

    /// <summary>
    /// The file of the key that stored secrets are sealed with, for the state that is kept below the data directory. Default: null,
    /// <c>seal.key</c> in the data directory, made when there is none.
    /// </summary>
    public string? SealKeyFile { get; set; }

    /// <summary>
    /// The files of keys that something in that state may still be sealed with. It is sealed with the current one at the start; after that they are
    /// needed no more. Default: none.
    /// </summary>
    public IList<string> OldSealKeyFiles { get; } = [];

    /// <summary>The shortest time between two background collections asked for so that an unloaded version can go. Default: 10 s.</summary>
    public TimeSpan CollectInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many replaced versions of a connector may stay in memory although they were unloaded. When as many are held, its instances are
    /// swapped to no further version until one of them goes. Default: 5; 1 to 1,000, 0 for no limit.
    /// </summary>
    public int HeldContexts { get; set; } = 5;

    /// <summary>
    /// Whether an exception on a connector's own thread or timer is kept from ending the process. It sets a handler for the whole process,
    /// which .NET allows once; so an embedding program has to ask for it. Default: false.
    /// </summary>
    public bool KeepProcessAlive { get; set; }

    /// <summary>Told of each text of a connector that held a secret of its instance, as it is without. For the conformance kit.</summary>
    internal Action<string>? SecretFound { get; set; }
}
