using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using PluginRuntime.Versioning;

namespace PluginRuntime.Cli;

/// <summary><c>connector match RANGE [VERSION...]</c>: which of the versions are in range, lowest first.</summary>
internal static class MatchCommand
{
    /// <summary>A plus sign stays a plus sign; what is printed here holds only letters, digits, dots, hyphens and plus signs.</summary>
    private static readonly JsonSerializerOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Create(TextReader input)
    {
        var rangeArgument = new Argument<string>("RANGE") { Description = "A version range: '^1.2', '>=1 <2 || 3.x', '[1.0,2.0)'." };
        var versionsArgument = new Argument<string[]>("VERSION")
        {
            Description = "Versions to try; without any they are read from standard input, one a line.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var jsonOption = new Option<bool>("--json") { Description = "Print a JSON array." };
        var command = new Command("match", "Prints the versions that are in range, lowest first.") { rangeArgument, versionsArgument, jsonOption };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (!VersionRange.TryParse(parsed.GetValue(rangeArgument), out var range, out var fault))
            {
                await error.WriteLineAsync(fault);
                return ExitCode.WrongUsage;
            }

            var texts = parsed.GetValue(versionsArgument) is { Length: > 0 } given ? given : await ReadLinesAsync(input, cancellationToken);
            try
            {
                SemanticVersion[] matches = [.. texts.Select(SemanticVersion.Parse).Where(range.Contains).Order()];
                Print(output, matches.Select(version => version.ToString()), parsed.GetValue(jsonOption));
                return ExitCode.Done;
            }
            catch (FormatException exception)
            {
                await error.WriteLineAsync(exception.Message);
                return ExitCode.WrongUsage;
            }
        });
        return command;
    }

    /// <summary>All lines but the blank ones.</summary>
    private static async Task<IReadOnlyList<string>> ReadLinesAsync(TextReader input, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (await input.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                lines.Add(line);
            }
        }

        return lines;
    }

    private static void Print(TextWriter output, IEnumerable<string> versions, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(versions, _json));
            return;
        }

        foreach (var version in versions)
        {
            output.WriteLine(version);
        }
    }
}
