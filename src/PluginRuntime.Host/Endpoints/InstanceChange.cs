using System.Text.Json;
using System.Text.Json.Nodes;
using PluginRuntime.Host.Requests;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Endpoints;

/// <summary>Changes to a part of a configuration: read, change, write back, and again when somebody else wrote in between.</summary>
internal static class InstanceChange
{
    private const int Tries = 10;

    /// <exception cref="InstanceUnknownException">There is no such instance.</exception>
    /// <exception cref="PluginRuntimeException">The change is refused; see <see cref="InstanceEditor.PatchAsync"/>.</exception>
    internal static async Task<InstanceDefinition> ApplyAsync(
        ConnectorRuntime runtime,
        string name,
        bool isTrusted,
        Func<JsonNode?, JsonNode?> change,
        JsonElement given,
        Func<long, Preconditions> conditionsFor,
        bool dryRun,
        CancellationToken cancellationToken)
    {
        for (var tried = 1; ; tried++)
        {
            var current = runtime.Get(name).Definition ?? throw new InstanceUnknownException(name);
            conditionsFor(current.Revision);
            if (current.Origin != DefinitionOrigin.Api)
            {
                throw new InstanceReadOnlyException(name, current.Origin);
            }

            var before = JsonNode.Parse(current.Json.Span);
            InstanceView.Rename(runtime, name, before);
            var config = change(before) ?? new JsonObject();
            try
            {
                var json = JsonSerializer.SerializeToElement(config);
                return await runtime.Editor.PatchAsync(name, json, given, current.Revision, isTrusted, dryRun, cancellationToken);
            }
            catch (RevisionMismatchException) when (tried < Tries)
            {
                // Meets another change: what the client asked for is applied to what that one left, if its conditions still hold.
            }
        }
    }
}
