using System.Globalization;
using Microsoft.Net.Http.Headers;
using PluginRuntime.Host.Problems;
using PluginRuntime.Management;

namespace PluginRuntime.Host.Requests;

/// <summary>What a change is conditional on: <c>If-Match</c> and <c>If-None-Match</c>.</summary>
/// <param name="IfRevision">The revision the change is based on; null for any.</param>
/// <param name="MustBeNew">Whether it may not exist yet.</param>
internal sealed record Preconditions(long? IfRevision, bool MustBeNew)
{
    internal static string TagOf(long revision) => string.Create(CultureInfo.InvariantCulture, $"\"{revision}\"");

    /// <param name="request">Carries the conditions.</param>
    /// <param name="name">What it is about.</param>
    /// <param name="current">Its revision now; null when there is none.</param>
    /// <exception cref="RequestException">A header cannot be read.</exception>
    /// <exception cref="RevisionMismatchException">It is not as it was said to be.</exception>
    internal static Preconditions From(HttpRequest request, string name, long? current)
    {
        var mustBeNew = false;
        if (request.Headers.IfNoneMatch.Count > 0)
        {
            mustBeNew = request.Headers.IfNoneMatch.ToString().Trim() == "*"
                ? true
                : throw new RequestException("header.invalid", "If-None-Match has to be * here.");
        }

        if (request.Headers.IfMatch.Count == 0)
        {
            return new(null, mustBeNew);
        }

        if (!EntityTagHeaderValue.TryParseList(request.Headers.IfMatch!, out var tags))
        {
            throw new RequestException("header.invalid", "If-Match has to be * or a list of entity tags: \"3\".");
        }

        // By a weak comparison two different configurations may count as one: RFC 9110 asks for a strong one here.
        return current is { } revision
            && tags.Any(tag => tag.Equals(EntityTagHeaderValue.Any) || (!tag.IsWeak && tag.Tag == TagOf(revision)))
                ? new(revision, mustBeNew)
                : throw new RevisionMismatchException(name);
    }
}
