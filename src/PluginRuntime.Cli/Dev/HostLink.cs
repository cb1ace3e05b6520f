using System.Net.ServerSentEvents;
using System.Text.Json;
using System.Threading.Channels;

namespace PluginRuntime.Cli.Dev;

/// <summary>The way to the running host, over its restarts: follows what becomes of each drop, and tells of events and calls of the instance.</summary>
internal sealed class HostLink(DevOptions options, DevProject project, DevReport report, TimeProvider timeProvider)
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(5);

    private readonly TaskCompletionSource<string> _name = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CallDigest _calls = new(report, timeProvider);

    // Holds one token at most: however much happens, there is one thing to look at.
    private readonly Channel<bool> _signals = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    private volatile Awaited? _awaited;
    private volatile string? _runs;
    private string? _trouble;

    /// <summary>The version that the instance ran when it was looked at last; null when that is not known.</summary>
    internal string? Runs => _runs;

    /// <summary>From now on it is about this drop.</summary>
    internal void Await(Drop drop)
    {
        _awaited = new(drop);
        _name.TrySetResult(options.Instance ?? drop.Id);
        _signals.Writer.TryWrite(true);
    }

    /// <summary>Keeps the way open until it is cancelled.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                using var client = options.Connect();
                await FollowAsync(client, cancellationToken);
                Trouble("The host has ended the connection. It is tried again.");
            }
            catch (CommandException exception)
            {
                Trouble($"{exception.Message} It is tried again.");
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException)
            {
                Trouble($"The host cannot be reached: {exception.Message} Builds go on, and it is tried again.");
            }

            _runs = null;
            await Task.Delay(_pause, timeProvider, cancellationToken);
        }
    }

    private async Task FollowAsync(HostClient client, CancellationToken cancellationToken)
    {
        // Opened before anything is looked at: what changes later is seen.
        await using var stream = await HostStream.OpenAsync(client, "api/events", null, cancellationToken);
        report.Note($"connected to {client.Address}");
        _trouble = null;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task> all = [ReadAsync(stream, end.Token), LookAsync(client, end.Token)];
        if (options.WantsInstance)
        {
            all.Add(FollowCallsAsync(client, end.Token));
            all.Add(_calls.RunAsync(end.Token));
        }

        var first = await Task.WhenAny(all);
        await end.CancelAsync();
        await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    private async Task ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        await foreach (var found in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            using var item = JsonDocument.Parse(found.Data);
            var happened = item.RootElement;
            if (IsRefusal(happened) && _awaited is { Told: Told.Nothing or Told.Waiting } awaited)
            {
                awaited.Refusal = (happened.GetProperty("code").GetString()!, happened.GetProperty("detail").GetString()!);
            }
            else if (IsTold(happened))
            {
                report.Happened(happened);
            }

            _signals.Writer.TryWrite(true);
        }
    }

    private bool IsOurs(JsonElement happened) =>
        options.WantsInstance && _name.Task.IsCompletedSuccessfully && happened.GetProperty("instance").ValueEquals(_name.Task.Result);

    /// <summary>What an author wants to know of an instance besides its swaps: what goes wrong with it, or with the connector's code.</summary>
    private bool IsTold(JsonElement happened) => happened.GetProperty("type").GetString() switch
    {
        "instance.failed" or "instance.quarantined" or "instance.rolled-back" or "instance.health" or "instance.breaker" or "pool.leak" => IsOurs(happened),
        "connector.unhandled" => IsOfConnector(happened),
        "context.unloaded" => IsOfConnector(happened) && happened.GetProperty("data").TryGetProperty("heldBy", out _),
        _ => false,
    };

    private bool IsOfConnector(JsonElement happened) => _awaited is { } awaited && happened.GetProperty("connector").ValueEquals(awaited.Drop.Id);

    private bool IsRefusal(JsonElement happened) => happened.GetProperty("type").GetString() switch
    {
        "instance.failed" or "instance.quarantined" => IsOurs(happened),
        "package.refused" => _awaited is { } awaited && happened.GetProperty("data").TryGetProperty("source", out var source)
            && source.GetString()!.Contains(Path.GetFileName(awaited.Drop.Directory), StringComparison.Ordinal),
        _ => false,
    };

    private async Task LookAsync(HostClient client, CancellationToken cancellationToken)
    {
        Task? more = null;
        while (true)
        {
            // Where all is well it is enough to look when something happens.
            if (_awaited is { } awaited && (more is null || awaited.Told != Told.Live))
            {
                await LookAsync(client, awaited, cancellationToken);
            }

            // One that waits is waited for again.
            more ??= _signals.Reader.WaitToReadAsync(cancellationToken).AsTask();
            await more.WaitAsync(_look, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            if (more.IsCompleted)
            {
                _signals.Reader.TryRead(out _);
                more = null;
            }
        }
    }

    private async Task LookAsync(HostClient client, Awaited awaited, CancellationToken cancellationToken)
    {
        if (!options.WantsInstance)
        {
            if (awaited.Refusal is { } refused && awaited.Told == Told.Nothing)
            {
                awaited.Told = Told.Refused;
                report.Refused(awaited.Drop, refused.Code, refused.Detail, null);
            }

            return;
        }

        var instance = new DevInstance(client, await _name.Task);
        if (await instance.StatusAsync(cancellationToken) is not { } status)
        {
            await CreateAsync(instance, awaited, cancellationToken);
            return;
        }

        var runs = DevInstance.RunsOf(status);
        _runs = runs is { } running ? Drop.Name(running.Version, running.Hash) : null;
        if (awaited.Told == Told.Live)
        {
            return;
        }

        if (runs?.Hash == awaited.Drop.Hash)
        {
            awaited.Told = Told.Live;
            report.Live(awaited.Drop);
        }
        else if (awaited.Told == Told.Refused)
        {
            return;
        }
        else if ((awaited.Refusal ?? DevInstance.RefusalOf(status, awaited.Drop.Hash)) is { } refusal)
        {
            awaited.Told = Told.Refused;
            report.Refused(awaited.Drop, refusal.Code, refusal.Detail, _runs);
        }
        else if (awaited.Told == Told.Nothing && timeProvider.GetElapsedTime(awaited.Drop.Put) > _patience)
        {
            awaited.Told = Told.Waiting;
            report.Note($"{awaited.Drop} does not run yet. {DevInstance.Reason(status)}");
        }
    }

    private async Task CreateAsync(DevInstance instance, Awaited awaited, CancellationToken cancellationToken)
    {
        _runs = null;
        if (awaited.HasTriedToCreate)
        {
            return;
        }

        awaited.HasTriedToCreate = true;
        var name = await _name.Task;
        if (project.TestFile is not { } file)
        {
            report.Note($"The host has no instance '{name}'. Make one that is updated by itself, or put a {Path.GetFileName(Sdk.Testing.TestFile.Name)} beside the project, whose 'instance' is taken.");
            return;
        }

        try
        {
            await instance.CreateAsync(awaited.Drop.Id, file, cancellationToken);
            report.Note($"made the instance '{name}' out of {Path.GetFileName(file)}");
        }
        catch (CommandException exception) when (exception.Code is not "revision.mismatch")
        {
            report.Note($"The instance '{name}' cannot be made: {exception.Message}");
        }
    }

    private async Task FollowCallsAsync(HostClient client, CancellationToken cancellationToken)
    {
        var name = await _name.Task.WaitAsync(cancellationToken);
        try
        {
            await using var stream = await HostStream.OpenAsync(client, CallsCommand.Path(name), null, cancellationToken);
            await foreach (var found in SseParser.Create(stream).EnumerateAsync(cancellationToken))
            {
                using var item = JsonDocument.Parse(found.Data);
                _calls.Take(found.EventType, item.RootElement);
            }
        }
        catch (CommandException exception)
        {
            // Such as a host that does not tell of calls: the rest goes on.
            report.Note($"Calls are not shown: {exception.Message}");
            await Task.Delay(Timeout.InfiniteTimeSpan, timeProvider, cancellationToken);
        }
    }

    /// <summary>Says what is wrong once, and not each time that it is tried.</summary>
    private void Trouble(string text)
    {
        if (_trouble is null)
        {
            report.Note(text);
            _trouble = text;
        }
    }

    private enum Told
    {
        Nothing,
        Waiting,
        Refused,
        Live,
    }

    private sealed class Awaited(Drop drop)
    {
        internal Drop Drop { get; } = drop;

        internal Told Told { get; set; }

        internal bool HasTriedToCreate { get; set; }

        /// <summary>What an event said against it.</summary>
        internal (string Code, string Detail)? Refusal { get; set; }
    }
}
