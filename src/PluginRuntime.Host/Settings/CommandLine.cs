namespace PluginRuntime.Host.Settings;

/// <summary>The program's arguments as configuration. Strict: what it does not know is an error.</summary>
internal sealed class CommandLine
{
    internal const string Usage = """
        Usage: PluginRuntime.Host [options]
               PluginRuntime.Host restore FILE [options]    makes the state of a backup, where there is none, and ends

          --data DIR        where state, store and the admin key lie; default ./data
          --plugins DIR     the drop-in folder; default ./drop
          --state TEXT      a connection string for PostgreSQL, or a reference to one as ${file:PATH}; default a SQLite file in the data directory
          --config FILE     the watched file of instances; default ./connectors.json
          --no-built-ins    without the connectors that ship with the host
          --locked          install and run only what connectors.lock.json names
          --urls URLS       where to listen; default http://127.0.0.1:5080
          --allow-plain-http  listen without TLS on addresses that other machines reach, where something in front ends it
          --help            this text

        Any setting may be given as --PluginRuntime:KEY VALUE or --PluginRuntime:KEY=VALUE; Logging: and Kestrel: work as well.
        """;

    private const string Restore = "restore";

    private static readonly Dictionary<string, string> _options = new(StringComparer.Ordinal)
    {
        ["--data"] = "PluginRuntime:Data",
        ["--plugins"] = "PluginRuntime:Drop:Path",
        ["--state"] = "PluginRuntime:State:ConnectionString",
        ["--config"] = "PluginRuntime:Config",
        ["--urls"] = "urls",
    };

    private static readonly string[] _sections = ["PluginRuntime:", "Logging:", "Kestrel:"];

    private readonly Dictionary<string, string?> _settings = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<string> _errors = [];

    private CommandLine()
    {
    }

    internal bool IsHelpWanted { get; private set; }

    /// <summary>The backup to make the state of; null to start the host.</summary>
    internal string? RestoreFile { get; private set; }

    internal IReadOnlyDictionary<string, string?> Settings => _settings;

    internal IReadOnlyList<string> Errors => _errors;

    internal static CommandLine Parse(IReadOnlyList<string> arguments)
    {
        var parsed = new CommandLine();
        for (var i = parsed.TakeRestore(arguments); i < arguments.Count; i++)
        {
            parsed.Take(arguments, ref i);
        }

        return parsed;
    }

    /// <returns>How many arguments it has taken.</returns>
    private int TakeRestore(IReadOnlyList<string> arguments)
    {
        if (arguments.Count == 0 || arguments[0] != Restore)
        {
            return 0;
        }

        if (!HasValue(arguments, 0))
        {
            _errors.Add($"'{Restore}' needs the file of a backup: {Restore} FILE.");
            return 1;
        }

        RestoreFile = arguments[1];
        return 2;
    }

    private void Take(IReadOnlyList<string> arguments, ref int index)
    {
        var argument = arguments[index];
        switch (argument)
        {
            case "--help" or "-h" or "-?":
                IsHelpWanted = true;
                return;
            case "--locked":
                Set(argument, "PluginRuntime:Packages:Locked", "true");
                return;
            case "--allow-plain-http":
                Set(argument, "PluginRuntime:AllowPlainHttp", "true");
                return;
            case "--no-built-ins":
                Set(argument, "PluginRuntime:BuiltIns", "false");
                return;
        }

        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? argument : argument[..equals];
        if (KeyOf(name) is not { } key)
        {
            _errors.Add($"There is no option '{name}'. '--help' shows what is accepted.");
            if (equals < 0 && HasValue(arguments, index))
            {
                index++;
            }

            return;
        }

        if (equals >= 0)
        {
            Set(name, key, argument[(equals + 1)..]);
        }
        else if (HasValue(arguments, index))
        {
            Set(name, key, arguments[++index]);
        }
        else
        {
            _errors.Add($"The option '{name}' needs a value.");
        }
    }

    private static bool HasValue(IReadOnlyList<string> arguments, int index) =>
        index + 1 < arguments.Count && !arguments[index + 1].StartsWith("--", StringComparison.Ordinal);

    private static string? KeyOf(string name)
    {
        if (_options.TryGetValue(name, out var key))
        {
            return key;
        }

        return name.StartsWith("--", StringComparison.Ordinal)
            && Array.Exists(_sections, section => name.AsSpan(2).StartsWith(section, StringComparison.OrdinalIgnoreCase))
                ? name[2..]
                : null;
    }

    private void Set(string name, string key, string value)
    {
        if (value.Length == 0)
        {
            _errors.Add($"The option '{name}' needs a value.");
        }
        else if (!_settings.TryAdd(key, value))
        {
            _errors.Add($"The option '{name}' is there more than once.");
        }
    }
}
