using System.CommandLine;
using System.Globalization;
using System.Net.Sockets;
using System.Text.Json;
using PluginRuntime.Host.State;

namespace PluginRuntime.Cli;

/// <summary><c>connector backup FILE</c>: writes the whole state of a running host into a file, or looks whether such a file is whole.</summary>
internal static class BackupCommand
{
    private const string Beside = ".partial";

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web);

    public static Command Create()
    {
        var host = new HostOptions();
        var fileArgument = new Argument<string>("FILE") { Description = "The file." };
        var checkOption = new Option<bool>("--check") { Description = "Look whether the file is whole and unchanged, without a host." };
        var forceOption = new Option<bool>("--force") { Description = "Replace the file where it is there already." };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var command = new Command("backup", "Writes the whole state of a running host into a file. Its secrets are sealed: keep the seal key elsewhere.")
        {
            fileArgument, checkOption, forceOption, jsonOption,
        };
        host.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var (path, isForced) = (Path.GetFullPath(parsed.GetRequiredValue(fileArgument)), parsed.GetValue(forceOption));
            BackupReader backup;
            if (parsed.GetValue(checkOption))
            {
                backup = await CheckAsync(path, path, cancellationToken);
            }
            else
            {
                using var client = host.Connect(parsed);
                backup = await WriteAsync(client, path, isForced, cancellationToken);
            }

            Print(parsed.InvocationConfiguration.Output, path, backup, parsed.GetValue(jsonOption));
        }));
        return command;
    }

    // The file gets its name when it is known to be whole: what bears it is a backup.
    private static async Task<BackupReader> WriteAsync(HostClient client, string path, bool isForced, CancellationToken cancellationToken)
    {
        RefuseExisting(path, isForced);
        var partial = path + Beside;
        try
        {
            await using (var answer = await client.OpenMadeAsync("api/admin/backup", cancellationToken))
            {
                await CopyAsync(answer, partial, cancellationToken);
            }

            var backup = await CheckAsync(partial, "What the host has answered", cancellationToken);
            RefuseExisting(path, isForced);
            File.Move(partial, path, isForced);
            return backup;
        }
        finally
        {
            File.Delete(partial);
        }
    }

    private static void RefuseExisting(string path, bool isForced)
    {
        if (!isForced && File.Exists(path))
        {
            throw new CommandException(ExitCode.Failed, $"{path} is there already; --force replaces it.");
        }
    }

    private static async Task CopyAsync(Stream answer, string path, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Options = FileOptions.Asynchronous };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // What a run that was killed has left might be anybody's to read.
        File.Delete(path);
        await using var file = new FileStream(path, options);
        try
        {
            await answer.CopyToAsync(file, cancellationToken);
        }
        catch (IOException exception) when (exception is HttpIOException || exception.InnerException is SocketException)
        {
            throw new CommandException(ExitCode.Failed, $"The host's answer broke off, and there is no backup: {exception.Message} The host's log says why.");
        }

        file.Flush(flushToDisk: true);
    }

    private static async Task<BackupReader> CheckAsync(string path, string name, CancellationToken cancellationToken)
    {
        await using var file = new FileStream(path, new FileStreamOptions { Options = FileOptions.Asynchronous | FileOptions.SequentialScan });
        var reader = new BackupReader(file, name);
        await reader.CheckAsync(cancellationToken);
        return reader;
    }

    private static void Print(TextWriter output, string file, BackupReader backup, bool asJson)
    {
        var header = backup.Header;
        output.WriteLine(asJson
            ? JsonSerializer.Serialize(new { file, header.Schema, header.Time, header.SealKeys, backup.Rows }, _json)
            : PlainText.Of(string.Create(
                CultureInfo.InvariantCulture,
                $"{file} is whole: {backup.Rows.Values.Sum()} rows of {backup.Rows.Count} tables, as they were at {header.Time:yyyy-MM-dd'T'HH:mm:ss'Z'}{(header.SealKeys is [.., var key] ? $", sealed with the key {key}" : "")}.")));
    }
}
