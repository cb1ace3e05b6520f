using System.CommandLine;
using System.Text.Json;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.State;

namespace PluginRuntime.Cli;

/// <summary><c>connector key</c>; of its commands here <c>reset</c>: replaces a host's admin key, whether the host runs or not.</summary>
internal static class KeyCommand
{
    public static Command Create()
    {
        var dataOption = new Option<string>("--data") { Description = "The host's data directory.", Required = true };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var reset = new Command("reset", "Replaces the admin key. The old one ends within a second.") { dataOption, jsonOption };
        reset.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var keyFile = await ResetAsync(Path.GetFullPath(parsed.GetRequiredValue(dataOption)), cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                parsed.GetValue(jsonOption) ? JsonSerializer.Serialize(new { keyFile }) : $"The new admin key is in {keyFile}.");
        }));
        return new Command("key", "Steers the keys of a host.") { OrgKeys.Create(), OrgKeys.List(), OrgKeys.Revoke(), reset };
    }

    private static async Task<string> ResetAsync(string data, CancellationToken cancellationToken)
    {
        var state = Path.Combine(data, "state.db");
        if (!File.Exists(state))
        {
            throw new CommandException(ExitCode.Failed, $"{data} is no data directory of a host: there is no state.db in it.");
        }

        // The file first: should this end in between, the old key still works and the command can be run again.
        await using var database = await SqliteStateDatabase.OpenAsync(state);
        var key = KeyText.Create();
        var keyFile = Path.Combine(data, "admin.key");
        await AdminKeyFile.ReplaceAsync(keyFile, key, cancellationToken);
        await database.WriteKeyHashAsync(KeyText.Hash(key));
        return keyFile;
    }
}
