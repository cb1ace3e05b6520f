using System.Text.Json;

namespace PluginRuntime.Cli;

/// <summary>A list that a host answers page by page.</summary>
/// <param name="Items">All of them.</param>
/// <param name="Last">The last page, with what it says beside its items.</param>
internal sealed record HostList(IReadOnlyList<JsonElement> Items, JsonElement Last)
{
    /// <summary>Reads all pages.</summary>
    /// <param name="client">The host.</param>
    /// <param name="path">Where, without a query.</param>
    /// <param name="query">What else is asked: <c>search=x</c>; null for nothing.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">The host does not answer, or answers a problem.</exception>
    public static async Task<HostList> ReadAsync(HostClient client, string path, string? query, CancellationToken cancellationToken)
    {
        var items = new List<JsonElement>();
        string? cursor = null;
        while (true)
        {
            var page = JsonElement.Parse(await client.GetAsync(
                $"{path}?limit=200{(query is null ? "" : $"&{query}")}{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", cancellationToken));
            items.AddRange(page.GetProperty("items").EnumerateArray());
            if ((cursor = page.GetProperty("nextCursor").GetString()) is null)
            {
                return new(items, page);
            }
        }
    }
}
