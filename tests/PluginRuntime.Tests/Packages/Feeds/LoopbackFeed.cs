using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Threading.Channels;
using PluginRuntime.Versioning;

namespace PluginRuntime.Tests.Packages;

/// <summary>
/// A NuGet V3 feed on a port of loopback, over packages in memory. It serves the index, the flat container, registrations, search and push,
/// keeps every request, and misbehaves when it is told to. All members may be used at any time, also while it serves.
/// </summary>
internal sealed class LoopbackFeed : IAsyncDisposable
{
    private static readonly DateTimeOffset _unlisted = new(1900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ConcurrentDictionary<(string Id, string Version), FeedPackage> _packages = [];
    private readonly ConcurrentQueue<FeedRequest> _requests = [];
    private readonly Channel<FeedRequest> _arrivals = Channel.CreateUnbounded<FeedRequest>();
    private readonly FeedListener _listener;
    private readonly FeedPages _pages;
    private volatile FeedFault _fault = FeedFault.None;

    internal LoopbackFeed(params IEnumerable<byte[]> packages)
    {
        _listener = new(Answer, () => _fault.Kind == FaultKind.HangAtAccept);
        Root = $"http://127.0.0.1:{_listener.Port}";
        _pages = new(Root);
        foreach (var package in packages)
        {
            Add(package);
        }
    }

    /// <summary>Without a slash at its end.</summary>
    internal string Root { get; }

    /// <summary>The address of the service index: what a source is configured with.</summary>
    internal string Index => $"{Root}/v3/index.json";

    /// <summary>How it misbehaves from now on. A request that hangs goes on hanging when this changes.</summary>
    internal FeedFault Fault
    {
        get => _fault;
        set => _fault = value;
    }

    /// <summary>Which requests the fault meets; all by default. <see cref="FeedFault.HangAtAccept"/> meets new connections, whatever they ask.</summary>
    internal Func<FeedRequest, bool> FaultAt { get; set; } = _ => true;

    /// <summary>What Basic authentication has to show; null for nothing. Without it the answer is 401.</summary>
    internal (string User, string Password)? Credentials { get; set; }

    /// <summary>What a push has to show as X-NuGet-ApiKey; null for nothing. Without it the answer is 401, with another 403.</summary>
    internal string? ApiKey { get; set; }

    /// <summary>All requests since the last <see cref="Forget"/>, in their order, those that met a fault as well.</summary>
    internal IReadOnlyList<FeedRequest> Requests => [.. _requests];

    /// <summary>How many requests there were for paths that begin so.</summary>
    internal int Count(string path) => _requests.Count(request => request.Path.StartsWith(path, StringComparison.Ordinal));

    internal void Forget() => _requests.Clear();

    /// <summary>Completes when a request has come that no earlier call took.</summary>
    internal ValueTask<FeedRequest> NextAsync() => _arrivals.Reader.ReadAsync();

    /// <summary>Refuses connections and ends those there are.</summary>
    internal Task GoDownAsync() => _listener.GoDownAsync();

    /// <summary>Serves again, on the same port.</summary>
    internal void GoUp() => _listener.GoUp();

    /// <summary>Puts a package on the feed, or other bytes in the place of its id and version.</summary>
    /// <param name="package">A .nupkg with a SemVer version.</param>
    /// <param name="listed">Whether search shows it.</param>
    /// <param name="published">When; by default the beginning of 2025, and for what is not listed that of 1900, as feeds do.</param>
    internal FeedPackage Add(byte[] package, bool listed = true, DateTimeOffset? published = null)
    {
        var read = FeedPackage.Read(package);
        read = read with { IsListed = listed, Published = published ?? (listed ? read.Published : _unlisted) };
        return _packages[(read.LowerId, read.LowerVersion)] = read;
    }

    /// <summary>Serves bytes as a package, whatever they are. Lists and search show nothing of it but id and version.</summary>
    internal void AddRaw(string id, string version, byte[] package)
    {
        var raw = new FeedPackage(package, [], id, SemanticVersion.Parse(version));
        _packages[(raw.LowerId, raw.LowerVersion)] = raw;
    }

    /// <returns>Whether it was there.</returns>
    internal bool Remove(string id, string version) => _packages.TryRemove((id.ToLowerInvariant(), version.ToLowerInvariant()), out _);

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    private (FeedAnswer Answer, FeedFault Fault) Answer(FeedRequest request)
    {
        _requests.Enqueue(request);
        var fault = _fault is { Kind: not FaultKind.None } set && FaultAt(request) ? set : FeedFault.None;
        var answer = fault.Kind switch
        {
            FaultKind.Status => FeedAnswer.Empty(fault.Code, [.. StatusHeaders(fault)]),
            FaultKind.Html => new(200, "<!DOCTYPE html><title>Sign in</title>"u8.ToArray(), "text/html; charset=utf-8"),
            FaultKind.EmptyJson => new(200, "{}"u8.ToArray(), "application/json"),
            _ => Right(request),
        };
        if (fault.Kind == FaultKind.FlippedPackage && answer.IsPackage)
        {
            var flipped = answer.Body.ToArray();
            flipped[flipped.Length / 2] ^= 1;
            answer = answer with { Body = flipped };
        }

        _arrivals.Writer.TryWrite(request);
        return (answer, fault);
    }

    private static IEnumerable<string> StatusHeaders(FeedFault fault)
    {
        if (fault.RetryAfter is { } after)
        {
            yield return string.Create(CultureInfo.InvariantCulture, $"Retry-After: {after.TotalSeconds:0}");
        }

        if (fault.Code == 401)
        {
            yield return "WWW-Authenticate: Basic realm=\"feed\"";
        }
    }

    private FeedAnswer Right(FeedRequest request)
    {
        if (Credentials is { } credentials && request.Headers.GetValueOrDefault("Authorization")
            != $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credentials.User}:{credentials.Password}"))}")
        {
            return FeedAnswer.Empty(401, "WWW-Authenticate: Basic realm=\"feed\"");
        }

        var segments = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return (request.Method, segments) switch
        {
            ("PUT", ["publish"]) => Publish(request),
            ("GET" or "HEAD", ["v3", "index.json"]) => FeedAnswer.Json(_pages.ServiceIndex()),
            ("GET" or "HEAD", ["flat", var id, "index.json"]) when Of(id) is { Count: > 0 } found => FeedAnswer.Json(FeedPages.Versions(found)),
            ("GET" or "HEAD", ["flat", var id, var version, var file]) when Find(id, version) is { } found => File(found, file),
            ("GET" or "HEAD", ["registration", var id, "index.json"]) when Of(id) is { Count: > 0 } found => FeedAnswer.Json(_pages.Registration(found)),
            ("GET" or "HEAD", ["registration", var id, var leaf]) when Find(id, Path.GetFileNameWithoutExtension(leaf)) is { } found => FeedAnswer.Json(_pages.Leaf(found)),
            ("GET" or "HEAD", ["search"]) => Search(request),
            _ => FeedAnswer.Empty(404),
        };
    }

    private FeedPackage? Find(string id, string version) => _packages.GetValueOrDefault((id, version));

    /// <summary>Lowest version first. As in all of the protocol, the id is in lower case.</summary>
    private IReadOnlyList<FeedPackage> Of(string id) => [.. _packages.Values.Where(package => package.LowerId == id).OrderBy(package => package.Version)];

    private static FeedAnswer File(FeedPackage package, string file) =>
        file == $"{package.LowerId}.{package.LowerVersion}.nupkg" ? FeedAnswer.Package(package.Bytes)
        : file == $"{package.LowerId}.nuspec" ? new(200, package.Nuspec, "application/xml")
        : FeedAnswer.Empty(404);

    private FeedAnswer Search(FeedRequest request)
    {
        var (text, type, prerelease) = (request.Query("q"), request.Query("packageType"), request.Query("prerelease") == "true");
        var found = _packages.Values
            .Where(package => package.IsListed && (prerelease || !package.Version.IsPrerelease))
            .Where(package => (package.Id + " " + package.Description).Contains(text, StringComparison.OrdinalIgnoreCase))
            .Where(package => type.Length == 0 || package.PackageTypes.Contains(type, StringComparer.OrdinalIgnoreCase))
            .GroupBy(package => package.LowerId)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => (IReadOnlyList<FeedPackage>)[.. group.OrderBy(package => package.Version)])
            .ToList();
        return FeedAnswer.Json(_pages.Search(found, Number("skip", 0), Number("take", 20)));

        int Number(string name, int otherwise) => int.TryParse(request.Query(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
    }

    private FeedAnswer Publish(FeedRequest request)
    {
        var shown = request.Headers.GetValueOrDefault("X-NuGet-ApiKey");
        if (ApiKey is { } key && shown != key)
        {
            return FeedAnswer.Empty(shown is null ? 401 : 403);
        }

        try
        {
            var package = FeedPackage.Read(request.Part());
            return FeedAnswer.Empty(_packages.TryAdd((package.LowerId, package.LowerVersion), package) ? 201 : 409);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or FormatException)
        {
            return FeedAnswer.Empty(400);
        }
    }
}
