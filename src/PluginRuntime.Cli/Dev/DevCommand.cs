using System.CommandLine;

namespace PluginRuntime.Cli.Dev;

/// <summary><c>connector dev [PATH]</c>: builds a connector at each save, and swaps it into a running host.</summary>
internal static class DevCommand
{
    private const string DefaultKeyFile = "data/admin.key";

    private static readonly Uri _defaultUrl = new("http://127.0.0.1:5080/");

    public static Command Create()
    {
        var host = new HostOptions();
        var pathArgument = new Argument<string>("PATH") { Description = "The connector's project, or its directory. Default: this directory.", DefaultValueFactory = _ => "." };
        var pluginsOption = new Option<string>("--plugins") { Description = "The running host's drop-in folder.", DefaultValueFactory = _ => "drop" };
        var instanceOption = new Option<string?>("--instance") { Description = "The instance to look at. Default: the connector's id. One that is not there is made out of connector.test.json." };
        var noInstanceOption = new Option<bool>("--no-instance") { Description = "Build and drop only: look at no instance." };
        var removeOption = new Option<bool>("--remove") { Description = "Take away at the end what was dropped. Default: it stays." };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object a line." };
        var command = new Command("dev", "Builds a connector at each save, and swaps it into a running host.")
        {
            pathArgument, pluginsOption, instanceOption, noInstanceOption, removeOption, jsonOption,
        };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var asJson = parsed.GetValue(jsonOption);
            var isColoured = !asJson && ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && Environment.GetEnvironmentVariable("NO_COLOR") is null or "";
            var url = host.FindUrl(parsed) ?? _defaultUrl;
            var options = new DevOptions(
                Path.GetFullPath(parsed.GetRequiredValue(pluginsOption)),
                parsed.GetValue(instanceOption),
                !parsed.GetValue(noInstanceOption),
                parsed.GetValue(removeOption),
                () => new(url, host.FindKey(parsed) ?? DefaultKey()));
            var time = TimeProvider.System;
            await DevLoop.RunAsync(parsed.GetRequiredValue(pathArgument), options, new(output, asJson, isColoured, time), time, cancellationToken);
        }));
        return command;
    }

    /// <summary>The key of a host that was started here; read each time, since the host may be started later.</summary>
    private static string? DefaultKey() => File.Exists(DefaultKeyFile) ? File.ReadAllText(DefaultKeyFile).Trim() : null;
}
