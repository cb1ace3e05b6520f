using System.Globalization;
using System.Text.Json.Nodes;

namespace PluginRuntime.Tests.Packages;

/// <summary>The documents of a NuGet V3 feed, as its protocol describes them.</summary>
/// <param name="root">The feed's address, without a slash at its end.</param>
internal sealed class FeedPages(string root)
{
    internal JsonObject ServiceIndex() => new()
    {
        ["version"] = "3.0.0",
        ["resources"] = new JsonArray(
            Resource("PackageBaseAddress/3.0.0", "/flat/"),
            Resource("RegistrationsBaseUrl/3.6.0", "/registration/"),
            // NuGet's own client looks for this one, and does not know 3.5.0.
            Resource("SearchQueryService/3.0.0-beta", "/search"),
            Resource("SearchQueryService/3.5.0", "/search"),
            Resource("PackagePublish/2.0.0", "/publish")),
    };

    /// <summary>Unlisted ones are here as well: what depends on them still restores.</summary>
    internal static JsonObject Versions(IEnumerable<FeedPackage> packages) => new() { ["versions"] = Array(packages.Select(package => JsonValue.Create(package.LowerVersion))) };

    /// <summary>One page, its leaves inlined.</summary>
    internal JsonObject Registration(IReadOnlyList<FeedPackage> packages)
    {
        var address = $"{root}/registration/{packages[0].LowerId}/index.json";
        return new()
        {
            ["@id"] = address,
            ["count"] = 1,
            ["items"] = new JsonArray(new JsonObject
            {
                ["@id"] = $"{address}#page/0",
                ["count"] = packages.Count,
                ["lower"] = packages[0].LowerVersion,
                ["upper"] = packages[^1].LowerVersion,
                ["items"] = Array(packages.Select(Leaf)),
            }),
        };
    }

    internal JsonObject Leaf(FeedPackage package) => new()
    {
        ["@id"] = Address(package),
        ["packageContent"] = $"{root}/flat/{package.LowerId}/{package.LowerVersion}/{package.LowerId}.{package.LowerVersion}.nupkg",
        ["registration"] = $"{root}/registration/{package.LowerId}/index.json",
        ["listed"] = package.IsListed,
        ["published"] = Published(package),
        ["catalogEntry"] = new JsonObject
        {
            ["@id"] = $"{Address(package)}#entry",
            ["id"] = package.Id,
            ["version"] = package.VersionText,
            ["description"] = package.Description,
            ["authors"] = "Test",
            ["listed"] = package.IsListed,
            ["published"] = Published(package),
            ["dependencyGroups"] = Array(package.Groups.Select(group => new JsonObject
            {
                ["targetFramework"] = group.Framework,
                ["dependencies"] = Array(group.Dependencies.Select(dependency => new JsonObject { ["id"] = dependency.Id, ["range"] = dependency.Range })),
            })),
        },
    };

    /// <param name="found">The versions of each package that is found, lowest first.</param>
    /// <param name="skip">How many packages to leave out.</param>
    /// <param name="take">The most to give.</param>
    internal JsonObject Search(IReadOnlyList<IReadOnlyList<FeedPackage>> found, int skip, int take) => new()
    {
        ["totalHits"] = found.Count,
        ["data"] = Array(found.Skip(skip).Take(take).Select(versions => new JsonObject
        {
            ["@id"] = $"{root}/registration/{versions[^1].LowerId}/index.json",
            ["registration"] = $"{root}/registration/{versions[^1].LowerId}/index.json",
            ["id"] = versions[^1].Id,
            ["version"] = versions[^1].VersionText,
            ["description"] = versions[^1].Description,
            ["authors"] = new JsonArray("Test"),
            ["tags"] = Array(versions[^1].Tags.Select(tag => JsonValue.Create(tag))),
            ["packageTypes"] = Array(versions[^1].PackageTypes.Select(type => new JsonObject { ["name"] = type })),
            ["totalDownloads"] = 0,
            ["versions"] = Array(versions.Select(version => new JsonObject
            {
                ["@id"] = Address(version),
                ["version"] = version.VersionText,
                ["downloads"] = 0,
            })),
        })),
    };

    private static JsonArray Array(IEnumerable<JsonNode> items) => new([.. items]);

    private static string Published(FeedPackage package) => package.Published.ToString("O", CultureInfo.InvariantCulture);

    private string Address(FeedPackage package) => $"{root}/registration/{package.LowerId}/{package.LowerVersion}.json";

    private JsonObject Resource(string type, string path) => new() { ["@id"] = root + path, ["@type"] = type };
}
