using System.Globalization;
using PluginRuntime.Diagnostics;
using PluginRuntime.Host.Auth;
using PluginRuntime.Host.Problems;
using PluginRuntime.Host.Requests;

namespace PluginRuntime.Host.Events;

/// <summary>Which events a reader wants, and where it has come to.</summary>
/// <param name="After">The sequence of the last event it has; null when it has none.</param>
/// <param name="Instance">Only events about this instance; null for all.</param>
/// <param name="Types">Only events of these types; empty for all.</param>
/// <param name="Limit">For a page: the most events to answer.</param>
internal sealed record EventQuery(long? After, string? Instance, IReadOnlyCollection<string> Types, int Limit)
{
    /// <summary>Whose events they are.</summary>
    internal OrgNames Names { get; init; } = OrgNames.OfDefault;

    private const string AfterName = "after";
    private const string InstanceName = "instance";
    private const string TypeName = "type";
    private const string LastEventId = "Last-Event-ID";
    private const int DefaultLimit = 50;
    private const int LargestLimit = 200;

    /// <exception cref="RequestException">A parameter or the header is wrong.</exception>
    internal static EventQuery Of(HttpRequest request, bool isPage)
    {
        var query = isPage
            ? new QueryValues(request, AfterName, InstanceName, TypeName, Page.LimitName, Page.CursorName)
            : new QueryValues(request, AfterName, InstanceName, TypeName);

        // The header is the newer one: a client that comes back repeats its first address.
        var after = request.Headers.TryGetValue(LastEventId, out var header)
            ? Sequence(header.ToString()) ?? throw new RequestException("header.invalid", $"{LastEventId} has to be the id of an event.")
            : Parameter(query, AfterName) ?? Parameter(query, Page.CursorName);
        var names = request.HttpContext.Names();
        string[] types = query.Text(TypeName)?.Split(',', StringSplitOptions.TrimEntries) ?? [];
        return Array.Find(types, type => !EventTypes.All.Contains(type)) is null
            ? new(after, query.Text(InstanceName) is { } instance ? names.Inside(instance) : null, types, isPage ? query.Number(Page.LimitName, DefaultLimit, 1, LargestLimit) : 0) { Names = names }
            : throw new RequestException("query.invalid", $"'{TypeName}' has to be one or several, separated by commas, of: {string.Join(", ", EventTypes.All)}.");
    }

    internal bool Wants(RuntimeEvent found) =>
        Names.Owns(found) && (Instance is null || found.Instance == Instance) && (Types.Count == 0 || Types.Contains(found.Type));

    /// <summary>The event as its reader may see it.</summary>
    internal RuntimeEvent Shown(RuntimeEvent found) => Names.Outside(found);

    private static long? Parameter(QueryValues query, string name) =>
        query.Text(name) is not { } text
            ? null
            : Sequence(text) ?? throw new RequestException("query.invalid", $"'{name}' has to be the sequence of an event.");

    private static long? Sequence(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) ? sequence : null;
}
