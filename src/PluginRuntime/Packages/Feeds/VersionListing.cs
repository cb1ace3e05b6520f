using NuGet.Common;
using NuGet.Protocol.Core.Types;
using PluginRuntime.Versioning;

namespace PluginRuntime.Packages.Feeds;

/// <summary>Asks sources which versions of a package they offer.</summary>
internal sealed class VersionListing(NuGetClient client, TimeProvider timeProvider)
{
    /// <summary>Asks every source that serves an id, and takes one answer.</summary>
    /// <returns>What is listed, highest version first; versions that are no semantic versions are left out.</returns>
    /// <exception cref="FeedException">
    /// A source does not answer: <c>source.timeout</c>, <c>source.unreachable</c>, <c>source.unauthorized</c>, <c>source.failed</c>,
    /// <c>source.invalid</c>; two of them offer the id: <c>source.conflict</c>; none does: <c>package.unknown</c>.
    /// </exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async Task<IReadOnlyList<FeedVersion>> ListAsync(string id, CancellationToken cancellationToken)
    {
        var asked = client.Map.For(id);
        var offers = new List<(string Source, IReadOnlyList<FeedVersion> Versions)>();
        foreach (var source in asked)
        {
            if (await ListAsync(source, id, cancellationToken).ConfigureAwait(false) is { Count: > 0 } versions)
            {
                offers.Add((source, versions));
            }
        }

        return offers switch
        {
            [var only] => only.Versions,
            [] when asked.Count == 0 => throw new FeedException(id, PackageCodes.Unknown, "no source serves this id; its patterns decide."),
            [] => throw new FeedException(id, PackageCodes.Unknown, $"none of the sources has it: {string.Join(", ", asked)}."),
            _ => throw new FeedException(id, PackageCodes.SourceConflict,
                $"more than one source offers it: {string.Join(", ", offers.Select(offer => offer.Source))}. Give one of them a pattern that names it."),
        };
    }

    private async Task<IReadOnlyList<FeedVersion>> ListAsync(string source, string id, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(client.Options.Budget, timeProvider);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using var context = NuGetClient.NewContext(timeProvider);
        try
        {
            var resource = await client[source].GetResourceAsync<PackageMetadataResource>(linked.Token).WaitAsync(linked.Token).ConfigureAwait(false)
                ?? throw new InvalidDataException("its service index names no registrations.");
            var found = await resource.GetMetadataAsync(id, includePrerelease: true, includeUnlisted: false, context, NullLogger.Instance, linked.Token)
                .EndAsync(timeProvider, linked.Token, cancellationToken).ConfigureAwait(false);
            return [.. found
                .Where(package => package.Identity.Id.Equals(id, StringComparison.OrdinalIgnoreCase))
                .Select(package => SemanticVersion.TryParse(package.Identity.Version.ToNormalizedString(), out var version)
                    ? new FeedVersion(version, source, package.Published is { Year: > 1901 } published ? published : null) : null)
                .OfType<FeedVersion>()
                .OrderByDescending(package => package.Version)];
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            throw FeedFaults.Translate(source, exception, limit.IsCancellationRequested, client.Options.Budget);
        }
    }
}
