using System.Text.Json.Serialization;

namespace PluginRuntime.Sdk.Export;

/// <summary>All that goes into a manifest.</summary>
internal sealed record ManifestContent
{
    internal required ExportRequest Request { get; init; }

    internal required ConnectorClass Class { get; init; }

    internal required IReadOnlyList<ConnectorAction> Actions { get; init; }

    internal required JsonSerializerContext? Json { get; init; }

    internal required string Sdk { get; init; }

    internal required IReadOnlyList<PackageFile> Files { get; init; }
}
