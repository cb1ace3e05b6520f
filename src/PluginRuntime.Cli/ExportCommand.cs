using System.CommandLine;
using System.Text;
using PluginRuntime.Cli.Desired;

namespace PluginRuntime.Cli;

/// <summary><c>connector export</c>: what an org wants of a running host, as a file for version control.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var host = new HostOptions();
        var fileOption = new Option<string?>("--file", "-f") { Description = "The file to write. Default: standard output." };
        var orgOption = DesiredCommand.CreateOrg();
        var command = new Command("export", "Prints an org's registered connectors, stored credentials and instances, without their secrets.") { fileOption, orgOption };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            using var client = host.Connect(parsed, parsed.GetValue(orgOption));
            var text = (await HostState.ReadAsync(client, cancellationToken)).ToDesired().ToUtf8();
            if (parsed.GetValue(fileOption) is not { } file)
            {
                await parsed.InvocationConfiguration.Output.WriteAsync(Encoding.UTF8.GetString(text));
                return;
            }

            // The file before stays until this one is there as a whole.
            var path = Path.GetFullPath(file);
            await File.WriteAllBytesAsync(path + ".partial", text, cancellationToken);
            File.Move(path + ".partial", path, overwrite: true);
        }));
        return command;
    }
}
