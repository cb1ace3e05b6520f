namespace PluginRuntime.Cli.Desired;

/// <summary>One request that brings a host nearer to what a file wants.</summary>
/// <param name="Verb"><c>create</c>, <c>update</c> or <c>delete</c>.</param>
/// <param name="Kind"><c>connector</c>, <c>credential</c> or <c>instance</c>.</param>
/// <param name="Name">Which; a connector that is added with its version.</param>
/// <param name="Method">How it is asked for.</param>
/// <param name="Path">Where.</param>
/// <param name="Body">What is sent; null for nothing. It may hold secrets.</param>
internal sealed record DesiredChange(string Verb, string Kind, string Name, HttpMethod Method, string Path, byte[]? Body)
{
    /// <summary>The entity tag of what it is based on; null where there is none.</summary>
    public string? Tag { get; init; }

    /// <summary>Where what is there changes.</summary>
    public IReadOnlyList<string> Pointers { get; init; } = [];

    public override string ToString()
    {
        var mark = Verb switch { "create" => '+', "update" => '~', _ => '-' };
        return PlainText.Of($"{mark} {Kind} {Name}{(Pointers.Count == 0 ? "" : "  " + string.Join(' ', Pointers))}");
    }

    /// <summary>Asks for it.</summary>
    /// <exception cref="CommandException">The host refuses, or does not answer.</exception>
    internal Task<byte[]> SendAsync(HostClient client, CancellationToken cancellationToken) => SendAsync(client, Path, cancellationToken);

    /// <summary>Asks what would become of it; nothing is changed.</summary>
    /// <param name="client">The host.</param>
    /// <param name="more">What else is asked: <c>force=true</c>; null for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    internal Task<byte[]> TryAsync(HostClient client, string? more, CancellationToken cancellationToken) =>
        SendAsync(client, $"{Path}?dryRun=true{(more is null ? "" : "&" + more)}", cancellationToken);

    private Task<byte[]> SendAsync(HostClient client, string path, CancellationToken cancellationToken) =>
        client.ChangeAsync(Method, path, Body, Tag, mustBeNew: Method == HttpMethod.Put && Verb == "create" && Kind != "connector", cancellationToken);
}
