namespace PluginRuntime.Tests.Packages;

/// <summary>How a <see cref="LoopbackFeed"/> misbehaves.</summary>
internal sealed record FeedFault
{
    /// <summary>It behaves.</summary>
    internal static FeedFault None { get; } = new();

    /// <summary>200 and a page for people instead of what was asked for: a proxy's login.</summary>
    internal static FeedFault Html { get; } = new() { Kind = FaultKind.Html };

    /// <summary>200 and <c>{}</c>.</summary>
    internal static FeedFault EmptyJson { get; } = new() { Kind = FaultKind.EmptyJson };

    /// <summary>Connections are made, but nothing is read or answered. Of a connection that lives, the next request hangs.</summary>
    internal static FeedFault HangAtAccept { get; } = new() { Kind = FaultKind.HangAtAccept };

    /// <summary>The status, all headers and half of the body, then nothing more.</summary>
    internal static FeedFault HangInBody { get; } = new() { Kind = FaultKind.HangInBody };

    /// <summary>Half of the body that Content-Length announces, then the end of the connection.</summary>
    internal static FeedFault TruncatedBody { get; } = new() { Kind = FaultKind.TruncatedBody };

    /// <summary>Packages come with the right length, and one bit in their middle flipped. All else comes as it is.</summary>
    internal static FeedFault FlippedPackage { get; } = new() { Kind = FaultKind.FlippedPackage };

    internal FaultKind Kind { get; private init; }

    internal int Code { get; private init; }

    /// <summary>For a status: what Retry-After says.</summary>
    internal TimeSpan? RetryAfter { get; private init; }

    /// <summary>For a drip: the time between two bytes.</summary>
    internal TimeSpan Pause { get; private init; }

    /// <summary>This status with an empty body.</summary>
    /// <param name="code">401, 403, 404, 500, 503 or another.</param>
    /// <param name="retryAfter">Goes out as Retry-After, in whole seconds.</param>
    internal static FeedFault Status(int code, TimeSpan? retryAfter = null) => new() { Kind = FaultKind.Status, Code = code, RetryAfter = retryAfter };

    /// <summary>The right answer, its body one byte at a time: there is always news, and never an end.</summary>
    internal static FeedFault Drip(TimeSpan pause) => new() { Kind = FaultKind.Drip, Pause = pause };
}
