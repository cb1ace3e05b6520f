using System.CommandLine;
using PluginRuntime.Cli.Testing;

namespace PluginRuntime.Cli;

/// <summary><c>connector new NAME</c>: what <c>dotnet new connector</c> gives, from the template that this tool brings along.</summary>
internal static class NewCommand
{
    public static Command Create()
    {
        var nameArgument = new Argument<string>("NAME") { Description = "The connector's name, such as Weather; in lower case it is its id." };
        var outputOption = new Option<string?>("--output", "-o") { Description = "The directory to make. Default: NAME." };
        var feedOption = new Option<string?>("--feed") { Description = "Where the packages of PluginRuntime are: a folder, or the address of a NuGet feed. Default: the sources of the machine." };
        var command = new Command("new", "Makes a connector with its tests and a README.") { nameArgument, outputOption, feedOption };
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var name = parsed.GetRequiredValue(nameArgument);
            if (!IsName(name))
            {
                throw new CommandException(ExitCode.WrongUsage, $"'{name}' is no name for a connector; accepted is a letter, then letters and digits, 64 at most: Weather.");
            }

            var directory = Path.GetFullPath(parsed.GetValue(outputOption) ?? name);
            if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any())
            {
                throw new CommandException(ExitCode.Failed, $"{directory} is not empty.");
            }

            var feed = parsed.GetValue(feedOption);
            await DotnetCommand.NewAsync(
                Path.Combine(AppContext.BaseDirectory, "templates"),
                "connector",
                ["-n", name, "-o", directory, .. feed is null ? (string[])[] : ["--feed", feed.Contains("://", StringComparison.Ordinal) ? feed : Path.GetFullPath(feed)]],
                cancellationToken);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(PlainText.Of($"{directory} holds a connector and its tests. Next: cd {parsed.GetValue(outputOption) ?? name}, then dotnet test."));
        }));
        return command;
    }

    private static bool IsName(string name) => name.Length is > 0 and <= 64 && char.IsAsciiLetter(name[0]) && name.All(char.IsAsciiLetterOrDigit);
}
