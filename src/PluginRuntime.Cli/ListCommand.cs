using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using PluginRuntime.Management;
using PluginRuntime.Manifests;
using PluginRuntime.Packages;

namespace PluginRuntime.Cli;

/// <summary><c>connector list</c>: the connectors that a host has, or that lie in a folder.</summary>
internal static class ListCommand
{
    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var host = new HostOptions();
        var pluginsOption = new Option<string?>("--plugins") { Description = "Read the connectors in this folder, without a host." };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("list", "Lists connectors: those of a running host, or those in a folder.") { pluginsOption, jsonOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var list = parsed.GetValue(pluginsOption) is { } folder
                ? parsed.GetValue(host.Url) is null
                    ? ReadFolder(folder)
                    : throw new CommandException(ExitCode.WrongUsage, "Give --url or --plugins, not both.")
                : await AskAsync(
                    host.FindUrl(parsed) ?? throw new CommandException(
                        ExitCode.WrongUsage, "Give the address of a running host by --url or CONNECTOR_URL, or a folder by --plugins."),
                    host.FindKey(parsed),
                    cancellationToken);
            Print(parsed.InvocationConfiguration, list, parsed.GetValue(jsonOption));
        }));
        return command;
    }

    private static async Task<ConnectorList> AskAsync(Uri url, string? key, CancellationToken cancellationToken)
    {
        using var client = new HostClient(url, key);
        var items = new List<ConnectorInfo>();
        string? cursor = null;
        while (true)
        {
            var path = "api/connectors?limit=200" + (cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}");
            var page = Deserialize(await client.GetAsync(path, cancellationToken));
            items.AddRange(page.Items);
            if ((cursor = page.NextCursor) is null)
            {
                return new(items, page.Problems);
            }
        }
    }

    private static ListPage Deserialize(byte[] answer)
    {
        try
        {
            return JsonSerializer.Deserialize<ListPage>(answer, _json) ?? throw new JsonException();
        }
        catch (JsonException)
        {
            throw new CommandException(ExitCode.Failed, "The host's answer is no list of connectors. Is there a connector host at this address?");
        }
    }

    private static ConnectorList ReadFolder(string folder)
    {
        var path = Path.GetFullPath(folder);
        if (!Directory.Exists(path))
        {
            throw new CommandException(ExitCode.Failed, $"There is no folder {path}.");
        }

        var scan = new FolderSource(path, PackageOrigin.Drop, TimeProvider.System, NullLogger.Instance).Scan();
        if (scan.State == FolderState.Unreadable)
        {
            throw new CommandException(ExitCode.Failed, [.. scan.Problems.Select(problem => $"{path} cannot be read: {problem.Detail} ({problem.Code})")]);
        }

        return Listing.Connectors(PackageCatalog.Merge([scan]), [], ConnectorName.HostOrg);
    }

    private static void Print(InvocationConfiguration configuration, ConnectorList list, bool asJson)
    {
        if (asJson)
        {
            configuration.Output.WriteLine(JsonSerializer.Serialize(list, _json));
            return;
        }

        Table.Print(
            configuration.Output,
            ["ID", "VERSION", "NAME", "ORIGIN", "ACTIONS"],
            list.Items.Select(item => (IReadOnlyList<string>)
                [item.Id, item.Version, item.Name, item.BuiltIn ? "built-in" : item.Bound ? "custom" : "custom, unbound", string.Join(", ", item.Actions)]));
        foreach (var problem in list.Problems)
        {
            configuration.Error.WriteLine(PlainText.Of($"{problem.Source} was refused: {problem.Detail} ({problem.Code})"));
        }
    }

    private sealed record ListPage(IReadOnlyList<ConnectorInfo> Items, IReadOnlyList<PackageProblem> Problems, string? NextCursor);
}
