using PluginRuntime.Manifests;
using PluginRuntime.Manifests.Comparison;

namespace PluginRuntime.Packages;

/// <summary>
/// Manifests that name a package: its class carries their actions out. They choose among its actions and may take less and promise no more;
/// settings and credentials are the package's.
/// </summary>
internal static class PackageBinding
{
    /// <summary>A manifest with what it leaves to the package that carries it out.</summary>
    internal static ConnectorManifest Complete(ConnectorManifest manifest, ConnectorManifest carrier) => manifest with
    {
        Auth = carrier.Auth,
        SettingsSchema = carrier.SettingsSchema,
        Actions =
        [
            .. from action in manifest.Actions
               let other = carrier.Actions.FirstOrDefault(other => other.Id == action.Id)
               select other is null ? action : action with
               {
                   InputSchema = action.InputSchema ?? other.InputSchema,
                   OutputSchema = action.OutputSchema ?? other.OutputSchema,
                   Idempotent = other.Idempotent,
                   Timeout = action.Timeout ?? other.Timeout,
               },
        ],
    };

    /// <summary>
    /// What a completed manifest says that the package does not keep. Of inputs also what cannot be decided: the package may rely on its schema,
    /// and only that of the manifest is looked at when a call comes.
    /// </summary>
    internal static IReadOnlyList<ValidationError> Check(ConnectorManifest completed, ConnectorManifest carrier)
    {
        var indices = completed.Actions.Select((action, index) => (action.Id, index)).ToDictionary(StringComparer.Ordinal);
        return
        [
            .. from found in ManifestComparison.Compare(completed, carrier)
               where found.Action is not null && (found.IsCertain || found.Side == BreakSide.Input)
               let action = JsonPointer.Append("/actions", indices[found.Action!])
               let side = found.Kind == "action-removed" ? "/id" : found.Side == BreakSide.Input ? "/inputSchema" : "/outputSchema"
               select new ValidationError(
                   action + side, "package.differs",
                   found.Kind == "action-removed" ? $"{carrier.Id} {carrier.Version} has no action '{found.Action}'." : $"{carrier.Id} {carrier.Version} does not keep this{(found.Pointer.Length == 0 ? "" : $" at {found.Pointer}")}: {found.Detail}"),
        ];
    }
}
