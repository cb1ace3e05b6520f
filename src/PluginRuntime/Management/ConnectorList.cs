using PluginRuntime.Packages;

namespace PluginRuntime.Management;

/// <summary>The connectors there are, and what was refused.</summary>
/// <param name="Items">By id.</param>
/// <param name="Problems">What was refused, with a code each.</param>
public sealed record ConnectorList(IReadOnlyList<ConnectorInfo> Items, IReadOnlyList<PackageProblem> Problems);

/// <summary>One connector, described by its highest version.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">A name for people.</param>
/// <param name="Version">The highest version.</param>
/// <param name="Versions">Every version, highest first.</param>
/// <param name="BuiltIn">Whether it ships with the program.</param>
/// <param name="Custom">Whether a user brought it.</param>
/// <param name="Description">What it talks to.</param>
/// <param name="Category">A group to list it under.</param>
/// <param name="Auth">What credentials it asks for: none, api_key, basic, bearer or oauth.</param>
/// <param name="Actions">The ids of its actions.</param>
public sealed record ConnectorInfo(
    string Id,
    string Name,
    string Version,
    IReadOnlyList<string> Versions,
    bool BuiltIn,
    bool Custom,
    string Description,
    string Category,
    string Auth,
    IReadOnlyList<string> Actions)
{
    /// <summary>Whether something carries it out: code, or an API that its manifest is bound to. An instance of one that is not bound does not start.</summary>
    public bool Bound { get; init; } = true;

    /// <summary>The org that registered it; null for what comes in a package or with the program.</summary>
    public string? Org { get; init; }
}
