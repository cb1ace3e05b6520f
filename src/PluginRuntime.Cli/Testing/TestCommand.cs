using System.CommandLine;
using PluginRuntime.Sdk.Testing;

namespace PluginRuntime.Cli.Testing;

/// <summary><c>connector test [PATH]</c>: the conformance kit on a project, a built folder or a package.</summary>
internal static class TestCommand
{
    private static readonly string[] _formats = ["text", "json", "junit"];

    public static Command Create()
    {
        var pathArgument = new Argument<string>("PATH")
        {
            Description = "A connector's project, its built folder, or its package. Default: this directory.",
            DefaultValueFactory = _ => ".",
        };
        var kit = new KitOptions();
        var reportOption = new Option<string>("--report") { Description = "text, json or junit.", DefaultValueFactory = _ => _formats[0] };
        reportOption.AcceptOnlyFromAmong(_formats);
        var outputOption = new Option<string?>("--output", "-o") { Description = "The file that the report is written to. Default: standard output." };
        var jsonOption = new Option<bool>("--json") { Description = "The same as --report json." };
        var command = new Command("test", "Tests a connector as a host would treat it.")
        {
            pathArgument, reportOption, outputOption, jsonOption,
        };
        kit.AddTo(command);
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var format = parsed.GetValue(jsonOption) ? "json" : parsed.GetRequiredValue(reportOption);
            var file = parsed.GetValue(outputOption);
            using var target = await TestTarget.FindAsync(parsed.GetRequiredValue(pathArgument), null, cancellationToken);

            // Where the report is not what people read, they see how far it is all the same.
            var progress = file is not null || format != _formats[0] ? parsed.InvocationConfiguration.Error : TextWriter.Null;
            var report = await kit.RunAsync(parsed, target, null, progress, cancellationToken);
            await WriteAsync(report, format, file, parsed.InvocationConfiguration.Output, cancellationToken);
            if (!report.IsPassed)
            {
                throw new CommandException(ExitCode.Failed, $"{report.Findings.Count()} findings. docs/conformance.md says what each code means.");
            }
        }));
        return command;
    }

    private static async Task WriteAsync(ConformanceReport report, string format, string? file, TextWriter output, CancellationToken cancellationToken)
    {
        var text = format switch
        {
            "json" => report.ToJson(),
            "junit" => report.ToJUnit(),
            _ => string.Join(Environment.NewLine, report.ToText().ReplaceLineEndings("\n").Split('\n').Select(PlainText.Of)),
        };
        if (file is not null)
        {
            await File.WriteAllTextAsync(file, text + Environment.NewLine, cancellationToken);
        }
        else
        {
            await output.WriteLineAsync(text);
        }
    }
}
