using System.Text.Json;
using PluginRuntime.Execution;
using PluginRuntime.Manifests;
using PluginRuntime.Sdk.Testing.Inputs;

namespace PluginRuntime.Sdk.Testing.Checks;

/// <summary>
/// Whether every action does what its schemas say: with the examples it succeeds, with whatever else its input schema allows it succeeds or
/// fails in a kind that is not <c>bug</c>, and what it answers its output schema allows.
/// </summary>
internal sealed class CallCheck : Check
{
    private const int LongestInput = 300;

    internal override string Id => "calls";

    internal override string Title => "actions take what their schemas accept, and answer what these promise";

    internal override async Task<Verdict> RunAsync(Bench bench, CancellationToken cancellationToken)
    {
        var findings = new List<ConformanceFinding>();
        var (given, drawn) = (0, 0);
        foreach (var action in bench.Manifest!.Actions)
        {
            var examples = ActionCalls.Examples(bench, action);
            var before = findings.Count;
            foreach (var example in examples)
            {
                given++;
                findings.AddRange(await CallAsync(bench, action, example, cancellationToken).ConfigureAwait(false));
            }

            if (findings.Count == before)
            {
                bench.Working.Add(action.Id);
            }

            var inputs = ActionCalls.MayGenerate(bench, action) ? Draw(bench, action) : [];
            foreach (var input in inputs)
            {
                drawn++;
                findings.AddRange(await CallAsync(bench, action, input, cancellationToken).ConfigureAwait(false));
            }

            if (examples.Count + inputs.Count == 0)
            {
                findings.Add(new(
                    "action.untested",
                    action.Id,
                    $"Nothing calls it: give it examples in {TestFile.Name}, and \"generate\": true if it may be called with anything that its schema accepts."));
            }
        }

        return new([.. findings.DistinctBy(found => (found.Code, found.Place, found.Detail))], $"{given} examples, {drawn} made-up inputs");
    }

    private static IReadOnlyList<JsonElement> Draw(Bench bench, ManifestAction action) =>
        new InputGenerator(action.InputSchema ?? JsonElement.Parse("{}"), bench.Options.Seed).Draw(bench.Options.GeneratedInputs);

    private static async Task<IReadOnlyList<ConformanceFinding>> CallAsync(Bench bench, ManifestAction action, ExampleCall example, CancellationToken cancellationToken)
    {
        try
        {
            var output = await bench.CallAsync(action.Id, example.Input, cancellationToken).ConfigureAwait(false);
            using var document = JsonDocument.Parse(output);
            return example.Output is { } wanted && !JsonElement.DeepEquals(wanted, document.RootElement)
                ? [new("example.differs", action.Id, $"To {Text(example.Input)} it answered {Text(document.RootElement)} and not {Text(wanted)}.")]
                : [];
        }
        catch (PluginRuntimeException exception)
        {
            return Failure(action, example.Input, exception) is { Count: > 0 } found
                ? found
                : [new("example.failed", action.Id, $"To {Text(example.Input)} it failed with {exception.Code}: {exception.Message}")];
        }
    }

    private static async Task<IReadOnlyList<ConformanceFinding>> CallAsync(Bench bench, ManifestAction action, JsonElement input, CancellationToken cancellationToken)
    {
        try
        {
            await bench.CallAsync(action.Id, input, cancellationToken).ConfigureAwait(false);
            return [];
        }
        catch (DeadlineExceededException)
        {
            // It may have been asked for something that takes long.
            return [];
        }
        catch (PluginRuntimeException exception)
        {
            return Failure(action, input, exception);
        }
    }

    /// <summary>What is wrong whoever calls; empty for a failure that a caller may have asked for.</summary>
    private static IReadOnlyList<ConformanceFinding> Failure(ManifestAction action, JsonElement input, PluginRuntimeException exception) => exception switch
    {
        OutputInvalidException invalid =>
            [.. invalid.Errors.Select(error => new ConformanceFinding("output.invalid", $"{action.Id}{error.Pointer}", $"{error.Detail} It answered so to {Text(input)}."))
                .DefaultIfEmpty(new("output.invalid", action.Id, invalid.Message))],
        ConnectorFailedException { Kind: ConnectorErrorKind.Bug } bug =>
            [new("call.bug", action.Id, $"To {Text(input)}: {bug.Message} What an outside system or an input can bring about is thrown as ConnectorException, with its kind.")],
        DeadlineExceededException slow => [new("call.too-slow", action.Id, $"To {Text(input)}: {slow.Message}")],
        _ => [],
    };

    private static string Text(JsonElement json) => json.GetRawText() is { Length: <= LongestInput } text ? text : json.GetRawText()[..LongestInput] + "…";
}
