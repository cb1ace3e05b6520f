using System.CommandLine;

namespace PluginRuntime.Cli;

/// <summary>How a command finds a running host, and what it shows to be let in.</summary>
internal sealed class HostOptions
{
    private const string UrlVariable = "CONNECTOR_URL";
    private const string KeyVariable = "CONNECTOR_KEY";
    private const string KeyFileVariable = "CONNECTOR_KEY_FILE";

    public Option<string?> Url { get; } = new("--url") { Description = $"The host's address: http://127.0.0.1:5080. Default: {UrlVariable}." };

    public Option<string?> Key { get; } = new("--key") { Description = $"The key to show. Default: {KeyVariable}, or what the file {KeyFileVariable} holds." };

    public void AddTo(Command command)
    {
        command.Add(Url);
        command.Add(Key);
    }

    /// <summary>A client of the host.</summary>
    /// <exception cref="CommandException">No address is given, or it is none.</exception>
    /// <param name="parsed">The command line.</param>
    /// <param name="org">The org to work in; null for the key's own.</param>
    public HostClient Connect(ParseResult parsed, string? org = null)
    {
        var url = FindUrl(parsed) ?? throw new CommandException(ExitCode.WrongUsage, $"Give the address of a running host by --url or {UrlVariable}.");
        return new(url, FindKey(parsed), org);
    }

    /// <summary>The address; null when none is given.</summary>
    public Uri? FindUrl(ParseResult parsed)
    {
        var text = parsed.GetValue(Url) ?? FromEnvironment(UrlVariable);
        if (text is null)
        {
            return null;
        }

        return Uri.TryCreate(text.TrimEnd('/') + "/", UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : throw new CommandException(ExitCode.WrongUsage, $"'{text}' is no address of a host; accepted is http://127.0.0.1:5080.");
    }

    /// <summary>The key; null when none is given.</summary>
    public string? FindKey(ParseResult parsed)
    {
        var key = parsed.GetValue(Key) ?? FromEnvironment(KeyVariable);
        if (key is null && FromEnvironment(KeyFileVariable) is { } file)
        {
            key = File.ReadAllText(file).Trim();
        }

        return key is null || key.All(character => character is > ' ' and <= '~')
            ? key
            : throw new CommandException(ExitCode.WrongUsage, "The key is one word of visible ASCII characters.");
    }

    private static string? FromEnvironment(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
