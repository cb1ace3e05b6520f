using System.Text.Json;

namespace PluginRuntime.Cli.Dev;

/// <summary>Calls as an author can read them: each one, and where they are too many their sum a second.</summary>
internal sealed class CallDigest(DevReport report, TimeProvider timeProvider)
{
    /// <summary>The most calls that are told one by one in a second.</summary>
    internal const int MostASecond = 20;

    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();

    // All guarded by _lock: of this second, but for whether the one before had too many.
    private bool _isBusy;
    private int _told;
    private int _more;
    private int _failed;
    private double _milliseconds;
    private long _missed;

    /// <summary>Takes an event of <c>/api/calls</c>.</summary>
    internal void Take(string type, JsonElement item)
    {
        lock (_lock)
        {
            if (type != "call")
            {
                _missed += item.GetProperty("dropped").GetInt64();
            }
            else if (!_isBusy && _told < MostASecond)
            {
                _told++;
                report.Call(item);
            }
            else
            {
                _more++;
                _failed += CallsCommand.CodeOf(item) is null ? 0 : 1;
                _milliseconds += item.GetProperty("milliseconds").GetDouble();
            }
        }
    }

    /// <summary>Tells the sum of each second that has one.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(_second, timeProvider);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            lock (_lock)
            {
                if (_more > 0 || _missed > 0)
                {
                    report.Calls(_told > 0, _more, _failed, _more == 0 ? 0 : _milliseconds / _more, _missed);
                }

                _isBusy = _told + _more > MostASecond;
                (_told, _more, _failed, _milliseconds, _missed) = (0, 0, 0, 0, 0);
            }
        }
    }
}
