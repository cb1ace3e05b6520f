using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Cli.Testing;
using PluginRuntime.Packages;

namespace PluginRuntime.Cli;

/// <summary><c>connector push PACKAGE --source FOLDER-OR-URL</c>: puts a connector's package where hosts look for it.</summary>
internal static class PushCommand
{
    private const UnixFileMode OwnerWritesAllRead =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create()
    {
        var packageArgument = new Argument<string>("PACKAGE") { Description = "The package file: weather.1.1.0.nupkg." };
        var sourceOption = new Option<string>("--source", "-s") { Description = "A folder, or the address of a NuGet V3 feed's index.json.", Required = true };
        var keyOption = new Option<string?>("--api-key-file") { Description = "The file that holds the feed's API key." };
        var timeoutOption = new Option<int>("--timeout") { Description = "Seconds that a feed may take for all of it, 1 to 3600.", DefaultValueFactory = _ => 30 };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON object." };
        var noTestOption = new Option<bool>("--no-test") { Description = "Take a package that does not say that it was tested." };
        var kit = new KitOptions();
        var command = new Command("push", "Puts a connector's package into a folder or on a NuGet feed; one that was not tested is tested first.")
        {
            packageArgument, sourceOption, keyOption, timeoutOption, jsonOption, noTestOption,
        };
        kit.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var source = parsed.GetRequiredValue(sourceOption);
            var seconds = parsed.GetValue(timeoutOption);
            if (seconds is < 1 or > 3600)
            {
                throw new CommandException(ExitCode.WrongUsage, $"--timeout is {seconds}, but takes 1 to 3600 seconds.");
            }

            var key = parsed.GetValue(keyOption) is { } file ? ReadKey(file) : null;
            var feed = FeedAddress(source);
            var package = ConnectorPackage.Read(Path.GetFullPath(parsed.GetRequiredValue(packageArgument)));
            if (!parsed.GetValue(noTestOption) && package.Conformance is not { Failed: 0 })
            {
                using var tested = TestTarget.OfPackage(package.Path);
                await kit.DemandAsync(parsed, tested, null, "push", cancellationToken);
            }

            var pushed = true;
            string target;
            if (feed is null)
            {
                target = Path.Combine(Path.GetFullPath(source), package.FileName);
                pushed = await PutAsync(package, target, cancellationToken);
            }
            else
            {
                target = feed.GetLeftPart(UriPartial.Path);
                await PushAsync(package, feed, key, TimeSpan.FromSeconds(seconds), cancellationToken);
            }

            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                parsed.GetValue(jsonOption)
                    ? JsonSerializer.Serialize(new { package.Id, package.Version, target, pushed }, _json)
                    : PlainText.Of($"{package.Id} {package.Version} {(pushed ? "is now" : "was already")} {(feed is null ? "in" : "on")} {target}"));
        }));
        return command;
    }

    /// <summary>Null when the source is a folder.</summary>
    private static Uri? FeedAddress(string source)
    {
        if (!source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) && !source.StartsWith("https://", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        // A name and password in it would be printed with it.
        return Uri.TryCreate(source, UriKind.Absolute, out var address) && address.UserInfo.Length == 0
            ? address
            : throw new CommandException(ExitCode.WrongUsage, "--source is no address of a feed; accepted is that of its index.json, without a user's name.");
    }

    private static string ReadKey(string file)
    {
        var key = File.ReadAllText(file).Trim();
        return key.Length > 0 && key.All(character => character is > ' ' and <= '~')
            ? key
            : throw new CommandException(ExitCode.WrongUsage, $"{file} holds no API key: that is one word of visible ASCII characters.");
    }

    private static async Task PushAsync(ConnectorPackage package, Uri feed, string? key, TimeSpan budget, CancellationToken cancellationToken)
    {
        using var client = new FeedClient(feed, key, budget);
        await client.PushAsync(package, cancellationToken);
    }

    /// <summary>Puts the package into a folder, where a reader sees all of it or nothing. Two at once with other bytes: the later one wins.</summary>
    /// <returns>False when the same bytes are there already.</returns>
    private static async Task<bool> PutAsync(ConnectorPackage package, string target, CancellationToken cancellationToken)
    {
        if (Path.GetDirectoryName(target) is var folder && !Directory.Exists(folder))
        {
            throw new CommandException(ExitCode.Failed, $"There is no folder {folder}.");
        }

        var bytes = await File.ReadAllBytesAsync(package.Path, cancellationToken);
        if (!File.Exists(target))
        {
            await AtomicFile.WriteAsync(target, bytes, OwnerWritesAllRead, cancellationToken);
            return true;
        }

        var there = await File.ReadAllBytesAsync(target, cancellationToken);
        return there.AsSpan().SequenceEqual(bytes)
            ? false
            : throw new CommandException(ExitCode.Failed, $"{target} is there already, with other content. A version that was published stays as it is: give the package another version.");
    }
}
