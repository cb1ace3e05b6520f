using NuGet.Common;
using NuGet.Packaging;
using NuGet.Protocol.Core.Types;
using NuGet.Versioning;
using PluginRuntime.Manifests;
using SemanticVersion = PluginRuntime.Versioning.SemanticVersion;

namespace PluginRuntime.Packages.Feeds;

/// <summary>Asks sources which connectors they offer: packages of the type <c>Connector</c>.</summary>
/// <remarks>A feed is trusted to know the type of what it answers; of a folder each package is asked itself.</remarks>
internal sealed class SourceSearch(NuGetClient client, TimeProvider timeProvider)
{
    /// <summary>The most connectors that are taken from one feed.</summary>
    internal const int Most = 1000;

    private const string PackageType = "Connector";
    private const int PageSize = 100;

    // Files side by side, in a folder for each, or by id and version as NuGet lays them out.
    private static readonly EnumerationOptions _layouts = new() { RecurseSubdirectories = true, MaxRecursionDepth = 2, MatchCasing = MatchCasing.CaseInsensitive };

    /// <summary>Asks all sources at once. Of each, only the ids that it serves count.</summary>
    /// <param name="text">A part of id, title, description or tags; feeds may understand more. Empty for all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<SourceOffers> SearchAsync(string text, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(client.Repositories.Select(repository => TrySearchAsync(repository.PackageSource.Name, text, cancellationToken))).ConfigureAwait(false);
        return new(
            [.. answers.SelectMany(answer => answer.Offers)
                .OrderBy(offer => offer.Id, StringComparer.Ordinal).ThenBy(offer => offer.Source, StringComparer.Ordinal)],
            [.. answers.SelectMany(answer => answer.Problems)]);
    }

    private async Task<(IReadOnlyList<SourceOffer> Offers, IReadOnlyList<PackageProblem> Problems)> TrySearchAsync(string source, string text, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(client.Options.Budget, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var (found, problems) = client[source].PackageSource.IsLocal
                ? await Task.Run(() => SearchFolder(source, text, linked.Token), linked.Token).WaitAsync(linked.Token).ConfigureAwait(false)
                : (await SearchFeedAsync(source, text, linked.Token).ConfigureAwait(false), []);
            return ([.. Offers(source, found)], problems);
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            var fault = FeedFaults.Translate(source, exception, limit.IsCancellationRequested, client.Options.Budget);
            return ([], [new(source, fault.Code, (fault as FeedException)?.Detail ?? fault.Message)]);
        }
    }

    private IEnumerable<SourceOffer> Offers(string source, IEnumerable<Found> found) =>
        from package in found
        group package by package.Id.ToLowerInvariant() into versions
        where ManifestId.IsValid(versions.Key) && client.Map.For(versions.Key).Contains(source, StringComparer.OrdinalIgnoreCase)
        let parsed = versions
            .Select(package => (Version: SemanticVersion.TryParse(package.Version.ToNormalizedString(), out var version) ? version : null, package.Description))
            .Where(package => package.Version is not null)
            .OrderByDescending(package => package.Version)
            .ToList()
        where parsed.Count > 0
        select new SourceOffer(versions.Key, source, [.. parsed.Select(package => package.Version!).Distinct()], parsed[0].Description);

    private async Task<IReadOnlyList<Found>> SearchFeedAsync(string source, string text, CancellationToken cancellationToken)
    {
        var resource = await client[source].GetResourceAsync<PackageSearchResource>(cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false)
            ?? throw new InvalidDataException("its service index names no search.");
        var filter = new SearchFilter(includePrerelease: true) { PackageType = PackageType };

        // The client puts the text into the address as it is.
        var term = Uri.EscapeDataString(text);
        var all = new List<Found>();
        var ids = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var skip = 0; ids.Count < Most;)
        {
            var page = (await resource.SearchAsync(term, filter, skip, PageSize, NullLogger.Instance, cancellationToken)
                .WaitAsync(cancellationToken).ConfigureAwait(false)).ToList();
            var known = ids.Count;
            foreach (var package in page.Where(package => ids.Add(package.Identity.Id)))
            {
                var versions = await package.GetVersionsAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
                all.AddRange(versions.Select(version => new Found(package.Identity.Id, version.Version, package.Description ?? "")));
            }

            // A feed may give less at a time than it is asked for, and one that does not know how to skip repeats itself.
            if (ids.Count == known)
            {
                break;
            }

            skip += page.Count;
        }

        return all;
    }

    /// <summary>Each file by itself: one that is still being copied, or is none, does not hide the others.</summary>
    private (IReadOnlyList<Found> Found, IReadOnlyList<PackageProblem> Problems) SearchFolder(string source, string text, CancellationToken cancellationToken)
    {
        var (found, problems) = (new List<Found>(), new List<PackageProblem>());
        foreach (var file in Directory.EnumerateFiles(client[source].PackageSource.Source, "*.nupkg", _layouts))
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                using var reader = new PackageArchiveReader(file);
                var nuspec = reader.NuspecReader;
                if (IsConnector(nuspec) && Matches(nuspec, text))
                {
                    found.Add(new(nuspec.GetId(), nuspec.GetVersion(), nuspec.GetDescription() ?? ""));
                }
            }
            catch (Exception exception)
            {
                problems.Add(new(source, PackageCodes.BadArchive, $"{Path.GetFileName(file)} cannot be read: {exception.Message}"));
            }
        }

        return (found, problems);
    }

    private static bool IsConnector(NuspecReader nuspec) =>
        nuspec.GetPackageTypes().Any(type => type.Name.Equals(PackageType, StringComparison.OrdinalIgnoreCase));

    private static bool Matches(NuspecReader nuspec, string text) =>
        new[] { nuspec.GetId(), nuspec.GetTitle(), nuspec.GetDescription(), nuspec.GetTags() }
            .Any(part => part?.Contains(text, StringComparison.OrdinalIgnoreCase) == true);

    private sealed record Found(string Id, NuGetVersion Version, string Description);
}
