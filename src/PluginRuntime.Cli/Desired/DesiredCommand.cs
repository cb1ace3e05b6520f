using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PluginRuntime.Cli.Desired;

/// <summary>What the commands that compare a file with a host have in common.</summary>
internal sealed class DesiredCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly HostOptions _host = new();
    private readonly Option<string> _file = new("--file", "-f") { Description = "The file, as 'connector export' writes it.", Required = true };
    private readonly Option<bool> _prune = new("--prune") { Description = "Remove what the file does not name: instances, credentials, connectors. A part that the file does not have is left alone." };

    private readonly Option<string?> _org = CreateOrg();

    internal Option<bool> Json { get; } = new("--json") { Description = "Print a JSON object." };

    internal static Option<string?> CreateOrg() => new("--org") { Description = "The org. Default: that of the key that is shown." };

    internal void AddTo(Command command)
    {
        command.Add(_file);
        command.Add(_prune);
        command.Add(_org);
        command.Add(Json);
        _host.AddTo(command);
    }

    /// <summary>Reads the file, and what has to be changed.</summary>
    internal async Task RunAsync(ParseResult parsed, Func<HostClient, IReadOnlyList<DesiredChange>, Task> work, CancellationToken cancellationToken)
    {
        var path = Path.GetFullPath(parsed.GetRequiredValue(_file));
        var wanted = DesiredSecrets.Resolve(await DesiredFile.ReadAsync(path, cancellationToken), path);
        using var client = _host.Connect(parsed, parsed.GetValue(_org));
        await work(client, await DesiredPlan.MakeAsync(client, wanted, parsed.GetValue(_prune), cancellationToken));
    }

    /// <summary>Prints changes.</summary>
    /// <param name="output">Where.</param>
    /// <param name="changes">The changes.</param>
    /// <param name="done">How many of them were made; null when none was to be.</param>
    internal static void PrintJson(TextWriter output, IReadOnlyList<DesiredChange> changes, int? done) => output.WriteLine(JsonSerializer.Serialize(
        new { changes = changes.Select((change, i) => new { change = change.Verb, change.Kind, change.Name, change.Pointers, done = i < (done ?? 0) }) }, _json));
}
