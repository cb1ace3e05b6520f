using System.Text.Json;
using System.Text.RegularExpressions;

namespace PluginRuntime.Sdk.Export;

/// <summary>What a host would refuse in a manifest, told to the author while the connector is built.</summary>
internal static partial class ManifestChecks
{
    private const string IdRule = "lower-case letters, digits, '.', '_' and '-', at most 64, a letter or digit first";

    private static readonly string[] Reserved = ["register", "import", "connect", "disconnect", "reconnect"];

    private static readonly string[] AuthTypes =
        [CredentialTypes.None, CredentialTypes.ApiKey, CredentialTypes.Basic, CredentialTypes.Bearer, CredentialTypes.OAuth, CredentialTypes.Any];

    /// <exception cref="ExportException">With every mistake.</exception>
    internal static void Check(ExportRequest request, ConnectorAttribute attribute, IReadOnlyList<ConnectorAction> actions)
    {
        List<string> mistakes = [];
        CheckId($"The connector's id '{attribute.Id}'", attribute.Id, mistakes);
        if (!SemanticVersion().IsMatch(request.Version))
        {
            mistakes.Add($"The version '{request.Version}' is no SemVer 2.0 version: set <Version> to something like 1.2.3 or 1.2.3-beta.1.");
        }

        if (!AuthTypes.Contains(attribute.Auth, StringComparer.Ordinal))
        {
            mistakes.Add($"Auth is '{attribute.Auth}', but a connector asks for one of: {string.Join(", ", AuthTypes)}.");
        }

        foreach (var action in actions)
        {
            CheckId($"The action id '{action.Id}'", action.Id, mistakes);
            if (action.Options.Timeout is { } timeout && (timeout < TimeSpan.FromMilliseconds(1) || timeout.Ticks % TimeSpan.TicksPerMillisecond != 0))
            {
                mistakes.Add($"The timeout of action '{action.Id}' is {timeout}, but must be a whole number of milliseconds above zero.");
            }

            CheckSchema(action.Id, "inputSchema", action.InputSchema, mistakes);
            CheckSchema(action.Id, "outputSchema", action.OutputSchema, mistakes);
        }

        foreach (var twice in actions.GroupBy(action => action.Id, StringComparer.Ordinal).Where(group => group.Count() > 1))
        {
            mistakes.Add($"The action '{twice.Key}' is declared {twice.Count()} times.");
        }

        if (mistakes.Count > 0)
        {
            throw new ExportException(ExportException.Content, mistakes);
        }
    }

    private static void CheckId(string subject, string id, List<string> mistakes)
    {
        if (!Id().IsMatch(id))
        {
            mistakes.Add($"{subject} is not accepted: an id has {IdRule}.");
        }
        else if (Reserved.Contains(id, StringComparer.Ordinal))
        {
            mistakes.Add($"{subject} is reserved. Reserved are: {string.Join(", ", Reserved)}.");
        }
    }

    private static void CheckSchema(string action, string which, JsonElement? schema, List<string> mistakes)
    {
        if (schema is { ValueKind: not (JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False) })
        {
            mistakes.Add($"The {which} of action '{action}' is no JSON Schema: it has to be an object, true or false.");
        }
    }

    [GeneratedRegex(@"^[a-z0-9][a-z0-9._-]{0,63}\z")]
    private static partial Regex Id();

    [GeneratedRegex(
        @"^(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
        + @"(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?"
        + @"(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?\z")]
    private static partial Regex SemanticVersion();
}
