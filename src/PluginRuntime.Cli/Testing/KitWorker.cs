using System.CommandLine;
using System.Text.Json;
using PluginRuntime.Sdk.Testing;

namespace PluginRuntime.Cli.Testing;

/// <summary>
/// <c>connector kit-worker</c>, which the tool starts for itself: the kit runs a connector's code, and what that does to its process must not
/// be done to the one that has to tell of it. Reads an order from standard input, and writes marked lines among whatever the connector
/// writes.
/// </summary>
internal static class KitWorker
{
    internal const string Name = "kit-worker";

    /// <summary>Names the mark.</summary>
    internal const string MarkVariable = "CONNECTOR_KIT_MARK";

    public static Command Create(TextReader input)
    {
        var command = new Command(Name, "Runs the conformance kit for 'connector test'.") { Hidden = true };
        command.SetAction((parsed, cancellationToken) => CommandException.GuardAsync(parsed.InvocationConfiguration.Error, async () =>
        {
            var mark = Environment.GetEnvironmentVariable(MarkVariable)
                ?? throw new CommandException(ExitCode.WrongUsage, "This is started by 'connector test'.");
            Environment.SetEnvironmentVariable(MarkVariable, null);
            var order = JsonSerializer.Deserialize(await input.ReadToEndAsync(cancellationToken), KitJson.Default.KitOrder)!;
            var output = parsed.InvocationConfiguration.Output;
            void Tell(KitLine line)
            {
                // On a line of its own, whatever the connector has written; and at once: the next check may end the process.
                output.WriteLine();
                output.WriteLine(mark + JsonSerializer.Serialize(line, KitJson.Default.KitLine));
                output.Flush();
            }

            try
            {
                var report = await Conformance.TestAsync(order.Path, order.ToOptions(check => Tell(new(check, null))), cancellationToken);
                Tell(new(null, new(report.Connector, report.Version, report.Kit, report.AssemblySha256, null)));
            }
            catch (ConformanceException exception)
            {
                Tell(new(null, new("", "", "", null, exception.Message)));
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // Whatever it is, who asked has to hear of it, and not of a process that ended.
                Tell(new(null, new("", "", "", null, $"The kit failed: {exception.GetType().FullName}: {exception.Message}")));
            }

            // Not a return: a foreground thread of the connector's would keep the process.
            Environment.Exit(ExitCode.Done);
        }));
        return command;
    }
}
